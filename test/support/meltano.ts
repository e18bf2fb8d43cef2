/** What meltano.yml must say of the settings: it is made from their table. */
import { settings } from '../../src/config.ts';

/** A setting as Meltano defines one. */
export interface MeltanoSetting {
  readonly name: string;
  readonly label: string;
  readonly description: string;
  readonly kind: string;
  readonly sensitive?: true;
  readonly placeholder?: unknown;
  readonly value?: unknown;
}

// biome-ignore lint/suspicious/noExplicitAny: settings with other facts in each entry
const entries = Object.entries(settings as Record<string, any>);

export const meltanoSettings: readonly MeltanoSetting[] = entries.map(([name, setting]) => ({
  name,
  label: setting.title,
  description: setting.description,
  kind: setting.format === 'date-time' ? 'date_iso8601' : setting.type === 'number' ? 'decimal' : setting.type,
  ...(setting.secret && { sensitive: true }),
  // A start date that Meltano hands over would count as a limit that the user has set.
  ...(setting.default !== undefined &&
    (name === 'start_date' ? { placeholder: setting.default } : { value: setting.default })),
}));

/** The settings as lines of YAML, which takes any JSON for a value. */
export function settingsAsYaml(indent: string): string {
  const lines = meltanoSettings.flatMap((setting) =>
    Object.entries(setting).map(([key, value], index) => `${index === 0 ? '- ' : '  '}${key}: ${yamlOf(value)}`),
  );
  return lines.map((line) => `${indent}${line}\n`).join('');
}

/** Plain where that cannot be taken for anything but the same text. */
function yamlOf(value: unknown): string {
  return typeof value === 'string' && /^[a-z](?!.*(?:: | #))/i.test(value) ? value : JSON.stringify(value);
}

/**
 * The definition of the plugin as a file of its own, for `meltano add --from-ref`.
 *
 * @param project the text of a project file that has the plugin as its first extractor
 * @throws Error if there is none
 */
export function pluginFile(project: string): string {
  const [, plugin] = /^ {2}extractors:\n((?: {4}.*\n)+)/m.exec(project) ?? [];
  if (plugin === undefined) throw new Error('the project file has no extractor');
  const definition = plugin.replace(/^ {4}[- ] /gm, '').replace(/^executable: .*/m, 'executable: tap-paystack');
  return `# The plugin for your own Meltano project; made of meltano.yml by npm run docs.\n${definition}`;
}
