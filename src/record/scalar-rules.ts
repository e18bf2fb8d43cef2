/**
 * What a column of a simple type makes of what came for it, each type with its rule. A rule is handed the place of a
 * value in JSON text and gives the place behind it. It leaves the text alone where it is right and replaces it where
 * nothing is lost by it; what the column cannot hold becomes null there, and `misfit.leftover`.
 */
import { instantOf, isCanonicalToken } from '../json/dates.ts';
import { replace } from '../json/edit.ts';
import {
  isDeeperThan,
  isDigit,
  type JsonText,
  openBrace,
  openBracket,
  quote,
  readJson,
  skipString,
  skipValue,
  textIn,
} from '../json/scan.ts';

export type Rule = (source: Buffer, at: number) => number;

/** Something that went into `_extra`: where it stood, and the JSON type of what came. Never the value. */
export interface Misfit {
  /** `customer.new_field`, `log.history[].time` */
  readonly path: string;
  readonly type: string;
}

/** Of the record that is conformed: what did not fit, and the JSON text of what the last value left over. */
export const misfit = { all: [] as Misfit[], leftover: undefined as string | undefined };

/** Nesting beyond which a value is kept as text: no target could read it. Python's parser gives up at a thousand. */
const maxDepth = 500;

/** The same for JSON text in strings, which is text as long as nobody reads it. */
const maxDepthInText = 100;

/** A value that no column holds. */
export function keep(path: string, source: Buffer, from: number, to: number): void {
  misfit.all.push({ path, type: jsonType(source[from]!) });
  const text = textIn(source, from, to);
  misfit.leftover = isTooDeep(source, from) ? JSON.stringify(text) : text;
}

function isNested(opening: number | undefined): boolean {
  return opening === openBrace || opening === openBracket;
}

function isTooDeep(source: Buffer, from: number): boolean {
  return isNested(source[from]) && isDeeperThan(maxDepth, source, from);
}

/** A value that its column does not hold. */
export function refuse(path: string, source: Buffer, from: number, to: number): number {
  keep(path, source, from, to);
  replace(from, to, 'null');
  return to;
}

/** 0 and 1 are false and true. */
export function booleanRule(path: string): Rule {
  return (source, at) => {
    const end = skipValue(source, at);
    const byte = source[at];
    if (byte === 0x74 || byte === 0x66) return end;
    if (end > at + 1 || (byte !== 0x30 && byte !== 0x31)) return refuse(path, source, at, end);
    replace(at, end, byte === 0x31 ? 'true' : 'false');
    return end;
  };
}

/** Digits in a string are an integer. What 64 bits, signed or not, do not hold is none: no warehouse could store it. */
export function integerRule(path: string): Rule {
  return (source, at) => {
    let end = at;
    while (isDigit(source[end]!)) end++;
    // Nearly always: few digits, and no fraction or exponent behind them.
    if (end > at && end < at + 19 && !isInNumber(source[end])) return end;
    end = skipValue(source, at);
    const text = textIn(source, at, end);
    const digits = unquoted(text).replace(/^(-?\d+)\.0+$/, text.startsWith('"') ? '$&' : '$1');
    if (!/^-?(?:0|[1-9]\d{0,19})$/.test(digits) || !fits64Bits(digits)) return refuse(path, source, at, end);
    if (digits !== text) replace(at, end, digits);
    return end;
  };
}

function fits64Bits(digits: string): boolean {
  const integer = BigInt(digits);
  return integer >= -(2n ** 63n) && integer < 2n ** 64n;
}

/** A number in a string is a number, with the same digits. */
export function numberRule(path: string): Rule {
  return (source, at) => {
    const end = skipValue(source, at);
    if (isNumber(source[at])) return end;
    const digits = unquoted(textIn(source, at, end));
    if (!/^-?(?:0|[1-9]\d*)(?:\.\d+)?$/.test(digits)) return refuse(path, source, at, end);
    replace(at, end, digits);
    return end;
  };
}

/** A number is a string with its digits. */
export function stringRule(path: string): Rule {
  return (source, at) => {
    if (source[at] === quote) return skipString(source, at);
    const end = skipValue(source, at);
    if (!isNumber(source[at])) return refuse(path, source, at, end);
    replace(at, end, `"${textIn(source, at, end)}"`);
    return end;
  };
}

/** Dates leave as RFC 3339, UTC, milliseconds; "" is null. A finer date keeps its own text in `_extra` as well. */
export function dateRule(path: string): Rule {
  return (source, at) => {
    if (isCanonicalToken(source, at)) return at + 26;
    const end = skipValue(source, at);
    if (isEmptyString(source, at)) return nothing(at, end);
    const instant = source[at] === quote ? instantOf(stringAt(source, at, end)) : undefined;
    if (instant === undefined) return refuse(path, source, at, end);
    if (!instant.whole) keep(path, source, at, end);
    replace(at, end, `"${instant.text}"`);
    return end;
  };
}

/** Content is the merchant's: an object as it is, JSON text that holds an object as that object, x as {"value": x}. */
export function freeObjectRule(path: string): Rule {
  const copy = anythingRule(path);
  return (source, at) => {
    if (source[at] === openBrace) return copy(source, at);
    const end = skipValue(source, at);
    if (isEmptyString(source, at)) return nothing(at, end);
    const inText = nestedInText(source, at, end, openBrace);
    if (inText !== undefined) replace(at, end, textIn(inText.bytes, inText.from, inText.to));
    else if (isTooDeep(source, at)) return refuse(path, source, at, end);
    else replace(at, end, `{"value":${textIn(source, at, end)}}`);
    return end;
  };
}

/** Whatever it is, it is right. */
export function anythingRule(path: string): Rule {
  return (source, at) => {
    const to = skipValue(source, at);
    return isTooDeep(source, at) ? refuse(path, source, at, to) : to;
  };
}

export function nothing(from: number, to: number): number {
  replace(from, to, 'null');
  return to;
}

export function isEmptyString(source: Buffer, at: number): boolean {
  return source[at] === quote && source[at + 1] === quote;
}

/** The object or array that JSON text in a string holds, if it holds one. */
export function nestedInText(source: Buffer, from: number, to: number, opening: number): JsonText | undefined {
  if (source[from] !== quote) return undefined;
  const text = stringAt(source, from, to).trim();
  if (text.charCodeAt(0) !== opening) return undefined;
  try {
    const nested = readJson(Buffer.from(text), 0);
    return isDeeperThan(maxDepthInText, nested.bytes, nested.from) ? undefined : nested;
  } catch {
    return undefined;
  }
}

/** The digits of an unsigned integer of 64 bits, be it a number or a string; undefined for anything else. */
export function idAt(source: Buffer, from: number, to: number): string | undefined {
  const digits = unquoted(textIn(source, from, to));
  return /^(?:0|[1-9]\d{0,19})$/.test(digits) && fits64Bits(digits) ? digits : undefined;
}

function isNumber(byte: number | undefined): boolean {
  return byte !== undefined && (isDigit(byte) || byte === 0x2d);
}

/** What a number may have behind its first digits. */
function isInNumber(byte: number | undefined): boolean {
  return byte === 0x2e || byte === 0x65 || byte === 0x45;
}

function unquoted(token: string): string {
  return token.startsWith('"') ? token.slice(1, -1) : token;
}

function stringAt(source: Buffer, from: number, to: number): string {
  return JSON.parse(textIn(source, from, to));
}

function jsonType(opening: number): string {
  switch (opening) {
    case openBrace:
      return 'object';
    case openBracket:
      return 'array';
    case quote:
      return 'string';
    case 0x6e:
      return 'null';
    case 0x74:
    case 0x66:
      return 'boolean';
    default:
      return 'number';
  }
}
