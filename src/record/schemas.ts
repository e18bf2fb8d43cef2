/** The folder `catalogs/`, where every field of every stream is declared. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageFolder } from '../package.ts';
import type { Schema } from '../schema.ts';

/** What the columns of a record cannot hold, under its own names and in its own nesting. */
export const extraColumn = '_extra';

const extra: Schema = {
  type: ['null', 'object'],
  additionalProperties: true,
  description: 'What Paystack sent that no column is declared for, or that its column cannot hold, under its own names',
};

/** The schema of a stream's records, with all that `catalogs/` says, and with the column for what the schema does not foresee. */
export function readSchema(stream: string): Schema {
  const schema = JSON.parse(readFileSync(join(packageFolder, 'catalogs', `${stream}.json`), 'utf8')) as Schema;
  return { ...schema, properties: { ...schema.properties, [extraColumn]: extra } };
}

/** The schema as the world sees it: without what only says how columns are filled, and with what they refer to in words. */
export function publicSchema(schema: Schema): Schema {
  const { 'x-aliases': _, 'x-record-id': __, 'x-refers-to': to, properties, items, ...rest } = schema;
  return {
    ...rest,
    ...(to !== undefined && { description: referring(rest.description ?? '', to) }),
    ...(items && { items: publicSchema(items) }),
    ...(properties && {
      properties: Object.fromEntries(Object.entries(properties).map(([name, inner]) => [name, publicSchema(inner)])),
    }),
  };
}

/** "Number of the plan; null if none" → "Number of the plan, as in `plans.id`; null if none". */
function referring(description: string, to: string): string {
  return description.replace(/(?=;|$)/, `, as in \`${to}\``);
}
