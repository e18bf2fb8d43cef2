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

// biome-ignore lint/suspicious/noExplicitAny: settings that are told differently in each entry
const told = Object.entries(settings as Record<string, any>);

export const meltanoSettings: readonly MeltanoSetting[] = told.map(([name, setting]) => ({
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
