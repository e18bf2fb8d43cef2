/** `--about`: what the tap is and can do, for people, and for tools that ask every Singer tap for it. */
import { settings, variableOf } from '../config.ts';
import { packageFacts } from '../package.ts';

import type { StreamFacts } from '../paystack/stream-facts.ts';
import { streams } from '../paystack/streams.ts';
import type { Setting } from '../setting-values.ts';
import { markdownTable } from './markdown.ts';

/** By the names that Meltano and its hub have for them. */
export const capabilities = [
  'about',
  'activate-version',
  'batch',
  'catalog',
  'discover',
  'state',
  'structured-logging',
  'test',
] as const;

const writers = { json: jsonText, markdown: markdownText, text: plainText } as const;

export type AboutFormat = keyof typeof writers;

export function aboutText(format: AboutFormat): string {
  return writers[format](about());
}

type About = ReturnType<typeof about>;

/** As the taps of the Meltano SDK have it, and the streams in the words of a catalog. */
function about() {
  const { name, description, version } = packageFacts();
  const all = Object.entries<Setting>(settings);
  return {
    name,
    description,
    version,
    capabilities,
    settings: {
      type: 'object',
      properties: Object.fromEntries(all.map(([setting, facts]) => [setting, schemaOf(facts)])),
      required: all.filter(([, { isRequired }]) => isRequired).map(([setting]) => setting),
    },
    streams: Object.entries<StreamFacts>(streams).map(([stream, facts]) => streamOf(stream, facts)),
  };
}

/** A setting that need not be set may be null. */
function schemaOf({ isRequired, secret, type, ...schema }: Setting) {
  return { type: isRequired ? [type] : [type, 'null'], ...schema, ...(secret && { secret, writeOnly: true }) };
}

function streamOf(tap_stream_id: string, { holds, key, ranged, created, parent, selectedByDefault }: StreamFacts) {
  return {
    tap_stream_id,
    description: holds,
    key_properties: key,
    ...(ranged
      ? { replication_method: 'INCREMENTAL', replication_key: created }
      : { replication_method: 'FULL_TABLE' }),
    ...(parent && { parent_tap_stream_id: parent.stream }),
    selected_by_default: selectedByDefault ?? true,
  };
}

function jsonText(about: About): string {
  return JSON.stringify(about, null, 2);
}

function plainText({ name, description, version, capabilities, settings, streams }: About): string {
  const settingLines = Object.entries(settings.properties).map(([setting, { type, description, ...schema }]) => {
    const facts = [
      variableOf(setting),
      type[0],
      settings.required.includes(setting) && 'required',
      schema.default !== undefined && `default ${schema.default}`,
      schema.minimum !== undefined && `${schema.minimum} to ${schema.maximum}`,
    ];
    return `  ${setting} (${facts.filter(Boolean).join(', ')})\n      ${description}`;
  });
  const width = Math.max(...streams.map(({ tap_stream_id }) => tap_stream_id.length));
  const streamLines = streams.map((stream) => `  ${stream.tap_stream_id.padEnd(width)}  ${stream.description}`);
  return [
    `${name} ${version}`,
    description,
    '',
    `Capabilities: ${capabilities.join(', ')}`,
    '',
    'Settings, in a config file or in the environment:',
    ...settingLines,
    '',
    'Streams, of which one record is:',
    ...streamLines,
  ].join('\n');
}

function markdownText({ name, description, version, capabilities, settings, streams }: About): string {
  const settingRows = Object.entries(settings.properties).map(([setting, { description, ...schema }]) => {
    const preset = schema.default === undefined ? '' : `\`${schema.default}\``;
    return [`\`${setting}\``, settings.required.includes(setting) ? 'yes' : '', preset, description];
  });
  const streamRows = streams.map(({ tap_stream_id, key_properties, replication_method, description }) => {
    const key = key_properties.map((field) => `\`${field}\``).join(', ');
    return [`\`${tap_stream_id}\``, key, replication_method, description];
  });
  return [
    `# ${name} ${version}`,
    description,
    '## Capabilities',
    capabilities.map((capability) => `- \`${capability}\``).join('\n'),
    '## Settings',
    markdownTable(['setting', 'required', 'default', ''], settingRows),
    '## Streams',
    markdownTable(['stream', 'key', 'replication', 'one record is'], streamRows),
  ].join('\n\n');
}
