"""Tables of targets built with the Meltano SDK: the whole target runs, but that a sink sets nothing up and sends nothing."""
import importlib
import io
import sys
import types

from messages import absent, depths, package, show

# Only what connects.
absent('bson', 'boto3', 'botocore', 'smart_open', 'psycopg2', 'sshtunnel', 'paramiko', 'pymssql', 'google.cloud.storage',
       'google.cloud.bigquery_storage_v1', 'pyarrow.fs', 'fsspec', 'snowflake.ingest')

connection = {'host': '127.0.0.1', **dict.fromkeys(['user', 'username', 'password', 'database', 'account', 'warehouse', 'project', 'dataset'], 'none')}
targets = {
    'meltanolabs-target-snowflake': ('target_snowflake.target', 'TargetSnowflake', connection),
    'meltanolabs-target-postgres': ('target_postgres.target', 'TargetPostgres', {**connection, 'port': 1}),
    'meltanolabs-target-csv': ('meltanolabs_target_csv.target', 'TargetCSV', {}),
    'target-mssql': ('target_mssql.target', 'Targetmssql', {**connection, 'port': '1'}),
    'shaped-target-clickhouse': ('target_clickhouse.target', 'TargetClickhouse', {**connection, 'port': 1}),
    'z3-target-bigquery': ('target_bigquery.target', 'TargetBigQuery',
                           {**connection, 'method': 'batch_job', 'denormalized': True}),
    'plinxore-target-s3': ('target_s3.target', 'Targets3', {
        'format': {'format_type': 'parquet'},
        'cloud_provider': {'cloud_provider_type': 'aws', 'aws': {'aws_bucket': 'none', 'aws_region': 'none'}},
    }),
}
module_name, class_name, config = targets[package]
if package != 'plinxore-target-s3':
    absent('pyarrow')
module = importlib.import_module(module_name)


def without_connection(sink_class, sinks):
    """What sends, and what asks for tables, does nothing; each sink is noted in `sinks`."""
    start = sink_class.__init__

    def begin(sink, *args, **kwargs):
        start(sink, *args, **kwargs)
        sink.taken = []
        sinks.append(sink)

    sink_class.__init__ = begin
    sink_class.setup = sink_class.clean_up = lambda _: None
    sink_class.process_batch = take_batch
    if package == 'z3-target-bigquery':
        sink_class.create_target = sink_class.update_schema = sink_class.evolve_schema = lambda *_, **__: None
        sink_class.process_record = lambda sink, record, _: sink.taken.append(record)
        sink_class.process_batch = lambda *_: None
    if package == 'meltanolabs-target-snowflake':
        # Its own asks Snowflake for its databases.
        sink_class.connector_class.create_engine = lambda _: types.SimpleNamespace(dialect=dialect_of())
    return start


def take_batch(sink, context):
    records = list(context['records'])
    if package == 'plinxore-target-s3':
        records = parquet_of(sink, {**context, 'records': records}).create_dataframe().to_pylist()
    elif hasattr(sink, 'conform_record'):
        records = [sink.conform_record(record) for record in records]
    sink.taken.extend(records)


def parquet_of(sink, context):
    from target_s3.formats.format_parquet import FormatParquet
    format = FormatParquet.__new__(FormatParquet)
    format.config, format.format, format.logger = sink.config, sink.config['format'], sink.logger
    format.stream_schema, format.parquet_schema, format.records = sink.schema, None, context.get('records')
    return format


def field_of(field):
    """A column of BigQuery."""
    type = [field_of(inner) for inner in field.fields] if field.field_type.upper() in ('RECORD', 'STRUCT') else field.field_type.upper()
    return [field.name, [type] if field.mode == 'REPEATED' else type]


def columns_of(sink):
    if package == 'z3-target-bigquery':
        return [field_of(field) for field in sink.table.get_resolved_schema(sink.apply_transforms)]
    if package == 'plinxore-target-s3':
        return [[field.name, str(field.type)] for field in parquet_of(sink, {}).create_schema()]
    if package == 'meltanolabs-target-csv':
        return [[name, 'text'] for name in sink.schema['properties']]
    dialect = dialect_of()
    properties = sink.conform_schema(sink.schema)['properties']
    return [[name, sink.connector.to_sql_type(schema).compile(dialect=dialect)] for name, schema in properties.items()]


def dialect_of():
    if package == 'meltanolabs-target-snowflake':
        from snowflake.sqlalchemy.snowdialect import SnowflakeDialect
        return SnowflakeDialect()
    if package == 'shaped-target-clickhouse':
        from clickhouse_sqlalchemy.drivers.http.base import ClickHouseDialect_http
        return ClickHouseDialect_http()
    if package == 'target-mssql':
        from sqlalchemy.dialects.mssql.base import MSDialect
        return MSDialect()
    from sqlalchemy.dialects.postgresql.base import PGDialect
    return PGDialect()


def run(lines, depth):
    settings = {**config, 'add_record_metadata': False, 'activate_version': False}
    if depth > 0:
        settings.update(flattening_enabled=True, flattening_max_depth=depth)
    target = getattr(module, class_name)(config=settings, validate_config=False)
    sinks = []
    sink_class = target.get_sink_class('any')
    start = without_connection(sink_class, sinks)
    target.listen(io.StringIO(lines))
    sink_class.__init__ = start
    for sink in sinks:
        table = sink.table.name if package == 'z3-target-bigquery' else getattr(sink, 'table_name', sink.stream_name)
        show(depth, sink.stream_name, table, columns_of(sink), sink.taken)


if package == 'z3-target-bigquery':
    import google.cloud.bigquery
    google.cloud.bigquery.Client = lambda **_: None
lines = sys.stdin.read()
# Targets that work with one setting only: docs/warehouses.md says why.
only = {'plinxore-target-s3': depths[1:], 'target-mssql': depths[:1]}
for depth in only.get(package, depths):
    run(lines, depth)
