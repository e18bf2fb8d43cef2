/** The shape of what users hand in (config, catalog, state). */
import type { ErrorObject } from 'ajv';
import { type Shape, validatorOf } from './validator.ts';

/** Something that does not fit its shape. */
export interface Flaw {
  /** The names on the way to it; none for the value itself. */
  readonly path: readonly string[];
  /** What is wrong with it, by its shape and never by its value. */
  readonly problem: string;
}

/** Checks a value against a JSON Schema: one flaw for each place that does not fit. */
export function flawsIn(shape: Shape, value: unknown): Flaw[] {
  const validate = validatorOf(shape);
  if (validate(value)) return [];
  const flaws = new Map(validate.errors!.map((error) => [error.instancePath, describe(error)]));
  return [...flaws.values()];
}

/** @returns undefined if it fits, else what is wrong with the first thing that does not, and how many more do not */
export function flawIn(shape: Shape, value: unknown): string | undefined {
  const [first, ...more] = flawsIn(shape, value);
  if (first === undefined) return undefined;
  const where = first.path.length === 0 ? '' : `${first.path.join('.')} `;
  return `${where}${first.problem}${more.length > 0 ? ` (and ${more.length} more)` : ''}`;
}

function describe({ instancePath, message = 'is wrong' }: ErrorObject): Flaw {
  const names = instancePath.split('/').slice(1);
  return { path: names.map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~')), problem: message };
}
