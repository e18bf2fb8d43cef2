/** What the pages of docs/ say of settings, streams and columns: it is made from the code and the schemas. */
import { settings } from '../../src/config.ts';
import type { StreamFacts } from '../../src/paystack/stream-facts.ts';
import { type StreamName, streams } from '../../src/paystack/streams.ts';
import { publicSchema, readSchema } from '../../src/record/schemas.ts';
import type { Schema } from '../../src/schema.ts';

export function settingTable(): string {
  const rows = Object.entries(settings).map(([name, { description, ...setting }]) => {
    const preset = 'default' in setting ? `\`${setting.default}\`` : 'isRequired' in setting ? 'required' : '';
    return [`\`${name}\``, preset, description];
  });
  return table(['setting', 'default', 'what it is'], rows);
}

export function streamTable(): string {
  const rows = Object.entries<StreamFacts>(streams).map(([name, facts]) => {
    const replication = facts.ranged ? `incremental by \`${facts.created}\`` : 'full table';
    const parent = facts.parent ? ` (for each of \`${facts.parent.stream}\`)` : '';
    const optional = facts.selectedByDefault === false ? ' ¹' : '';
    return [`[\`${name}\`](columns.md#${name})${optional}`, keyOf(facts), replication, `${facts.holds}${parent}`];
  });
  return table(['stream', 'key', 'replication', 'one record is'], rows);
}

/** A table for each stream, with the columns of its records, and the fields of the objects in them. */
export function columnTables(): string {
  const sections = Object.entries<StreamFacts>(streams).map(([name, facts]) => {
    const rows = rowsOf(publicSchema(readSchema(name as StreamName)), '');
    return `## ${name}\n\nOne record is ${facts.holds}. Key: ${keyOf(facts)}.\n\n${table(['column', 'type', 'what it is'], rows)}`;
  });
  return sections.join('\n\n');
}

function keyOf({ key }: StreamFacts): string {
  return key.map((field) => `\`${field}\``).join(', ');
}

function rowsOf({ properties = {} }: Schema, prefix: string): string[][] {
  return Object.entries(properties).flatMap(([name, schema]) => {
    const path = `${prefix}${name}`;
    const row = [`\`${path}\``, typeText(schema), schema.description ?? ''];
    const inItems = schema.items ? rowsOf(schema.items, `${path}[].`) : [];
    return [row, ...rowsOf(schema, `${path}.`), ...inItems];
  });
}

/** The type in words; that it may be null goes without saying. */
function typeText({ type, format, items }: Schema): string {
  if (format !== undefined) return format;
  const types = [type].flat().filter((one) => one !== 'null');
  return types.map((one) => (one === 'array' && items ? `list of ${typeText(items)}` : one)).join(' or ');
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, head.map(() => '---'), ...rows.map((row) => row.map((cell) => cell.replaceAll('|', '\\|')))];
  return lines.map((row) => `| ${row.join(' | ')} |`).join('\n');
}
