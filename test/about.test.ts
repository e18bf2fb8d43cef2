/** What the tap prints about itself: complete, and as the tools that read it of every Singer tap expect it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { settings } from '../src/config.ts';
import { streams } from '../src/paystack/streams.ts';
import type { Setting } from '../src/setting-values.ts';
import { type Json, runTap } from './support/tap.ts';

t.jobs = 3;

t.test('as JSON: pure, without a key, and with a config that is not even there', { buffered: true }, async (t) => {
  const run = await runTap(['--config', 'nowhere.json', '--about', '--format', 'json']);
  t.equal(run.code, 0);
  t.equal(run.stderr, '');
  const about = JSON.parse(run.stdout) as Json;
  const { name, version, description } = JSON.parse(readFileSync(join(import.meta.dirname, '../package.json'), 'utf8'));
  t.match(about, { name, version, description });
  t.notOk('sdk_version' in about || 'supported_python_versions' in about, 'nothing of a Python package');
  t.strictSame(about.settings.required, ['secret_key']);
  t.strictSame(Object.keys(about.settings.properties), Object.keys(settings));
  for (const [setting, facts] of Object.entries<Setting>(settings)) {
    const { isRequired, secret, type, ...schema } = facts;
    const printed = about.settings.properties[setting];
    t.match(printed, schema, setting);
    t.strictSame(printed.type, isRequired ? [type] : [type, 'null']);
    t.equal(printed.secret, secret);
    t.equal(printed.writeOnly, secret);
    t.notOk('isRequired' in printed);
  }
  t.strictSame(
    about.streams.map(({ tap_stream_id }: Json) => tap_stream_id),
    Object.keys(streams),
  );
  const printed = (name: string) => about.streams.find(({ tap_stream_id }: Json) => tap_stream_id === name);
  t.strictSame(printed('settlement_transactions'), {
    tap_stream_id: 'settlement_transactions',
    description: streams.settlement_transactions.holds,
    key_properties: ['settlement_id', 'id'],
    replication_method: 'INCREMENTAL',
    replication_key: 'settlement_created_at',
    parent_tap_stream_id: 'settlements',
    selected_by_default: false,
  });
  t.equal(printed('banks').replication_method, 'FULL_TABLE');
});

for (const [name, args] of [
  ['text', []],
  ['markdown', ['--format', 'markdown']],
] as const) {
  t.test(`as ${name}: every setting and every stream`, { buffered: true }, async (t) => {
    const run = await runTap(['--about', ...args]);
    t.equal(run.code, 0);
    t.equal(run.stderr, '');
    for (const { description } of Object.values(settings)) t.ok(run.stdout.includes(description), description);
    for (const [stream, { holds }] of Object.entries(streams)) {
      t.ok(run.stdout.split('\n').some((line) => line.includes(stream) && line.includes(holds)));
    }
  });
}

for (const args of [
  ['--format', 'json'],
  ['--about', '--format', 'xml'],
  ['--about', '--format'],
]) {
  t.test(`a usage error: ${args.join(' ')}`, { buffered: true }, async (t) => {
    const run = await runTap(args);
    t.equal(run.code, 2);
    t.equal(run.stdout, '');
    t.match(run.stderr.split('\n\n').at(-1), 'format');
  });
}
