/**
 * The one place that knows ajv. When the tap is built, what ajv makes of each shape takes the place of this file, so that no
 * run has to load ajv and to compile them.
 */
import { Ajv, type JSONSchemaType, type ValidateFunction } from 'ajv';

/** A JSON Schema, and its name. Each one is listed in `esbuild.config.js`. */
export interface Shape {
  readonly $id: string;
  readonly type: 'object';
  readonly required?: readonly string[];
  readonly properties: object;
}

/** Our shapes are right: ajv need not prove each of them by its own schema. */
export const options = { strict: false, logger: false, meta: false, validateSchema: false, allErrors: true } as const;

const ajv = new Ajv(options);

/** Tells whether a value fits a shape; if not, its `errors` tell all that is wrong. */
export function validatorOf(shape: Shape): ValidateFunction {
  return ajv.compile(shape as unknown as JSONSchemaType<unknown>);
}
