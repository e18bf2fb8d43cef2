/** The SQL of docs/relationships.md that gives the dates of all streams the same names. */
import { readSchema } from '../../src/record/schemas.ts';
import { streamNames } from './references.ts';

export function datedViews(): string {
  const views = streamNames.flatMap((stream) => {
    const { properties = {} } = readSchema(stream);
    const named = (...names: string[]) => names.find((name) => name in properties);
    const created = named('created_at', 'createdAt');
    const updated = named('updated_at', 'updatedAt');
    if (created === undefined) return [];
    const columns = ['*', as(created, 'created_at'), as(updated, 'updated_at')].filter((column) => column !== '');
    return [`create view paystack_dated.${stream} as select ${columns.join(', ')} from paystack.${stream};`];
  });
  return `\`\`\`sql\ncreate schema paystack_dated;\n${views.join('\n')}\n\`\`\``;
}

function as(column: string | undefined, name: string): string {
  if (column === undefined) return `cast(null as timestamp) as ${name}`;
  return column === name ? '' : `"${column}" as ${name}`;
}
