"""Tables of the targets for BigQuery that are not built with the Meltano SDK: the fields that they hand to its client."""
import argparse
import copy
import sys

from messages import absent, depths, package, read_streams, show

absent('google.cloud.bigquery_storage', 'google.cloud.bigquery_storage_v1', 'pyarrow', 'pkg_resources')


def field_of(field):
    type = [field_of(inner) for inner in field.fields] if field.field_type.upper() in ('RECORD', 'STRUCT') else field.field_type.upper()
    return [field.name, [type] if field.mode == 'REPEATED' else type]


def pipelinewise(message, records, depth):
    from target_bigquery import db_sync, stream_utils
    db_sync.bigquery.Client = lambda **_: None
    config = {'project_id': 'none', 'default_target_schema': 'paystack', 'data_flattening_max_level': depth}
    sync = db_sync.DbSync(config, message)
    sync.avro_schema()
    fields = [db_sync.column_schema(name, schema) for name, schema in sync.flatten_schema.items()]
    rows = []
    for record in copy.deepcopy(records):
        stream_utils.adjust_timestamps_in_record(record, message['schema'])
        rows.extend(sync.records_to_avro([record]))
    return sync.ref_helper.table_ref_from_stream(message['stream']).table_id, fields, rows


def plain(message, records, depth):
    from oauth2client import tools
    tools.argparser = argparse.ArgumentParser(add_help=False)
    argv, sys.argv = sys.argv, ['target-bigquery', '--config', 'none']
    import target_bigquery
    sys.argv = argv
    for record in records:
        target_bigquery.validate(record, message['schema'])
    return message['stream'], target_bigquery.build_schema(message['schema']), records


def partition(message, records, depth):
    import singer
    from target_bigquery import schema
    rows = []
    for record in copy.deepcopy(records):
        taken, validation = schema.clean_and_validate(singer.RecordMessage(message['stream'], record),
                                                      {message['stream']: message['schema']}, False)
        assert validation['is_valid'], validation
        rows.append(taken)
    return message['stream'], schema.parse_schema(message['schema']), rows


translate = {
    'pipelinewise-target-bigquery': pipelinewise,
    'target-bigquery': plain,
    'target-bigquery-partition': partition,
}[package]

for message, records in read_streams().values():
    # Only pipelinewise's flattens.
    for depth in depths if package == 'pipelinewise-target-bigquery' else depths[:1]:
        table, fields, rows = translate(message, records, depth)
        show(depth, message['stream'], table, [field_of(field) for field in fields], rows)
