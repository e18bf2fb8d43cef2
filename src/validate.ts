/** The one place that knows ajv: the shape of what users hand in (config, catalog, state). */
import { Ajv, type ErrorObject, type JSONSchemaType } from 'ajv';

/** Our shapes are right: to have ajv prove each of them by its own schema would take half of the start. */
const options = { strict: false, logger: false, meta: false, validateSchema: false } as const;

/**
 * Checks a value against a JSON Schema.
 *
 * @returns undefined if it fits, else what is wrong with the first thing that does not, by name and never by value
 */
export function misfitOf(shape: object, value: unknown): string | undefined {
  const validate = new Ajv(options).compile(shape as JSONSchemaType<unknown>);
  return validate(value) ? undefined : describe(validate.errors?.[0]);
}

function describe(error: ErrorObject | undefined): string {
  if (error === undefined) return 'it has the wrong shape';
  const where = error.instancePath.slice(1).replaceAll('/', '.');
  const allowed = (error.params as { allowedValues?: unknown[] }).allowedValues;
  const what = `${error.message ?? 'is wrong'}${allowed ? `: ${allowed.join(', ')}` : ''}`;
  return where === '' ? what : `${where} ${what}`;
}
