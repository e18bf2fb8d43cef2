/** Questions about JSON values, as `parseExact` gives them. */
import { exactDigits, parseExact } from './json.ts';

/** True for values that are written as the same JSON. */
export function sameValue(one: unknown, other: unknown): boolean {
  return one === other || (typeof one === 'object' && JSON.stringify(one) === JSON.stringify(other));
}

/** True for a JSON object. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** True for an unsigned integer of 64 bits, as a number or as its digits. */
export function isId(value: unknown): boolean {
  if (typeof value !== 'number' && typeof value !== 'string') return false;
  const digits = exactDigits(value) ?? String(value);
  return /^(?:0|[1-9]\d{0,19})$/.test(digits) && BigInt(digits) < 2n ** 64n;
}

/** The object that JSON text holds, if it holds one. */
export function objectInText(value: unknown): Record<string, unknown> | undefined {
  const inText = valueInText(value, '{');
  return isObject(inText) ? inText : undefined;
}

/** Nesting that JSON text may have to be taken for what it holds. Deeper text stays text: targets could not read it. */
const maxDepthInText = 100;

/** The value that JSON text holds, if it is text that starts with `opening`. */
export function valueInText(value: unknown, opening: '{' | '['): unknown {
  if (typeof value !== 'string' || !value.trimStart().startsWith(opening)) return undefined;
  if ((value.match(/[[{]/g)?.length ?? 0) > maxDepthInText && depthOf(value) > maxDepthInText) return undefined;
  try {
    return parseExact(value);
  } catch {
    return undefined;
  }
}

/** Most brackets open at once, those in strings counted too: an upper bound. */
function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (const bracket of text.match(/[[\]{}]/g) ?? []) {
    depth += bracket === '{' || bracket === '[' ? 1 : -1;
    deepest = Math.max(deepest, depth);
  }
  return deepest;
}

/** The JSON type of a value that `parseExact` gave. */
export function jsonType(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return exactDigits(value) === undefined ? typeof value : 'number';
}
