"""Tables of the targets of pipelinewise's family that write SQL: the statements of their own `DbSync`, without a connection."""
import collections
import collections.abc
import copy
import functools
import importlib
import json

from messages import absent, depths, package, read_streams, show

# Until Python 3.10 it had this name too.
collections.MutableMapping = collections.abc.MutableMapping

absent('boto3', 'botocore', 'snowflake', 'psycopg2', 'pymssql', 'oracledb', 'pandas', 'pyarrow', 'duckdb',
       'c8connector', 'joblib', 'prometheus_client', 'pkg_resources')

modules = {
    'pipelinewise-target-snowflake': 'target_snowflake',
    'pipelinewise-target-redshift': 'target_redshift',
    'pipelinewise-target-postgres': 'target_postgres',
    'target-duckdb': 'target_duckdb',
    'macrometa-target-mssql': 'macrometa_target_mssql',
    'macrometa-target-oracle': 'macrometa_target_oracle',
}
name = modules[package]
target = importlib.import_module(name)
module = importlib.import_module(f'{name}.db_sync')
# Some ask for their logger, and so configure it, at every column.
module.get_logger = functools.cache(module.get_logger)
isMacrometa = package.startswith('macrometa')

config = dict.fromkeys(['host', 'user', 'password', 'dbname', 'database', 'account', 'warehouse', 's3_bucket', 'stage',
                        'service_name', 'path', 'filepath'], 'none')
config.update(port=1, stage='none.none', file_format='none', default_target_schema='paystack', target_schema='paystack')


def sync_of(message, depth):
    args = [None] if package == 'target-duckdb' else []
    settings = {**config, 'target_table': message['stream'], 'data_flattening_max_level': depth}
    if package == 'pipelinewise-target-snowflake':
        from target_snowflake.file_format import FileFormatTypes
        module.FileFormat = lambda *_: type('FileFormat', (), {'file_format_type': FileFormatTypes.CSV})
    return module.DbSync(*args, settings, message)


def csv_line(sync, record):
    if package == 'pipelinewise-target-snowflake':
        from target_snowflake.file_formats import csv
        return csv.record_to_csv_line(record, sync.flatten_schema, sync.data_flattening_max_level)
    return sync.record_to_csv_line(record)


def values_of(line):
    """These targets write each value as JSON, and nothing for null."""
    decoder, values, at = json.JSONDecoder(), [], 0
    while True:
        value = None
        if line[at:at + 1] not in ('', ','):
            value, at = decoder.raw_decode(line, at)
        values.append(value)
        if at >= len(line):
            return values
        at += 1


def rows_of(sync, records):
    if isMacrometa:
        inserted = sync.bulk_insert_records('none', {}, dict(enumerate(copy.deepcopy(records))))
        lines = inserted[1] if isinstance(inserted, tuple) else inserted
        return [dict(zip(sync.flatten_schema, line)) for line in lines]
    if package == 'target-duckdb':
        return [dict(zip(sync.flatten_schema, sync.record_to_flattened(record))) for record in records]
    return [dict(zip(sync.flatten_schema, values_of(csv_line(sync, record)))) for record in records]


def table_of(sync, stream):
    if package == 'pipelinewise-target-snowflake':
        return sync.table_name(stream, False, True)
    return sync.table_name(stream, without_schema=True)


def translate(message, records, depth):
    sync = sync_of(message, depth)
    clause = getattr(sync, 'column_clause', None) or module.column_clause
    columns = [clause(name, schema).split(' ', 1) for name, schema in sync.flatten_schema.items()]
    statement = sync.create_table_query()
    assert all(' '.join(column) in statement for column in columns), 'the statement has other columns'
    columns = [[name.strip('"'), type] for name, type in columns]
    physical = dict(zip(sync.flatten_schema, (name for name, _ in columns)))
    rows = [{physical[name]: value for name, value in row.items()} for row in rows_of(sync, records)]
    show(depth, message['stream'], table_of(sync, message['stream']).strip('"'), columns, rows)


for message, records in read_streams().values():
    for depth in depths:
        translate(message, records, depth)
