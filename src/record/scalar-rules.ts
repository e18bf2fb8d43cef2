/** Conversion rules of scalar columns, one for each type. */
import { canonicalLength, instantOf, isCanonical } from '../json/dates.ts';
import { isDigit, type JsonSource, quote, skipString, skipValue, textIn } from '../json/scan.ts';
import { keep, moveToExtra, type Rule, replaceBy } from './record-edit.ts';

/** 0 and 1 become false and true. */
export function booleanRule(path: string): Rule {
  return (edit, at) => {
    const { source } = edit;
    const end = skipValue(source, at);
    const byte = source.bytes[at];
    if (byte === 0x74 || byte === 0x66) return end;
    if (end > at + 1 || (byte !== 0x30 && byte !== 0x31)) return moveToExtra(edit, path, at, end);
    return replaceBy(edit, byte === 0x31 ? 'true' : 'false', at, end);
  };
}

/**
 * Digits in a string become an integer, and so does a number that is whole however it is written (1.0, 1e3). A number that
 * 64 bits, signed or not, cannot hold goes into `_extra`: no warehouse could store it.
 */
export function integerRule(path: string): Rule {
  return (edit, at) => {
    const { bytes } = edit.source;
    let end = at;
    while (isDigit(bytes[end]!)) end++;
    // Nearly always: few digits, and no fraction or exponent behind them.
    if (end > at && end < at + 19 && !isInNumber(bytes[end])) return end;
    end = skipValue(edit.source, at);
    const text = textIn(bytes, at, end);
    const digits = isNumber(bytes[at]) ? wholeDigits(text) : unquoted(text);
    if (digits === undefined || !/^-?(?:0|[1-9]\d{0,19})$/.test(digits) || !fits64Bits(digits)) {
      return moveToExtra(edit, path, at, end);
    }
    return digits === text ? end : replaceBy(edit, digits, at, end);
  };
}

const numberParts = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;

/** The digits of a number without a fraction; undefined if it has one, or more digits than 64 bits ever need. */
function wholeDigits(number: string): string | undefined {
  const [, sign, integer = '', fraction = '', exponent = '0'] = numberParts.exec(number)!;
  const all = integer + fraction;
  if (/^0*$/.test(all)) return `${sign}0`;
  const length = integer.length + Number(exponent);
  if (!(length > 0 && length <= integer.length + 20) || !/^0*$/.test(all.slice(length))) return undefined;
  return (
    sign +
    all
      .slice(0, length)
      .padEnd(length, '0')
      .replace(/^0+(?=\d)/, '')
  );
}

function fits64Bits(digits: string): boolean {
  const integer = BigInt(digits);
  return integer >= -(2n ** 63n) && integer < 2n ** 64n;
}

/** A number in a string becomes a number with the same digits. */
export function numberRule(path: string): Rule {
  return (edit, at) => {
    const { source } = edit;
    const end = skipValue(source, at);
    if (isNumber(source.bytes[at])) return end;
    const digits = unquoted(textIn(source.bytes, at, end));
    if (!/^-?(?:0|[1-9]\d*)(?:\.\d+)?$/.test(digits)) return moveToExtra(edit, path, at, end);
    return replaceBy(edit, digits, at, end);
  };
}

/** A number becomes a string with its digits. */
export function stringRule(path: string): Rule {
  return (edit, at) => {
    const { source } = edit;
    if (source.bytes[at] === quote) return skipString(source, at);
    const end = skipValue(source, at);
    if (!isNumber(source.bytes[at])) return moveToExtra(edit, path, at, end);
    return replaceBy(edit, `"${textIn(source.bytes, at, end)}"`, at, end);
  };
}

/** Dates leave as RFC 3339, UTC, milliseconds; "" is null. A finer date keeps its own text in `_extra` as well. */
export function dateRule(path: string): Rule {
  return (edit, at) => {
    const { source } = edit;
    if (isCanonical(source.view, at)) return at + canonicalLength;
    const end = skipValue(source, at);
    if (isEmptyString(source, at)) return replaceBy(edit, 'null', at, end);
    const instant = source.bytes[at] === quote ? instantOf(stringIn(source, at, end)) : undefined;
    if (instant === undefined) return moveToExtra(edit, path, at, end);
    if (!instant.isWhole) keep(edit, path, source, at, end);
    return replaceBy(edit, `"${instant.text}"`, at, end);
  };
}

export function isEmptyString({ bytes }: JsonSource, at: number): boolean {
  return bytes[at] === quote && bytes[at + 1] === quote;
}

/** The digits of an unsigned integer of 64 bits, be it a number or a string; undefined for anything else. */
export function idAt({ bytes }: JsonSource, from: number, to: number): string | undefined {
  const digits = unquoted(textIn(bytes, from, to));
  return /^(?:0|[1-9]\d{0,19})$/.test(digits) && fits64Bits(digits) ? digits : undefined;
}

/** What the string token at a place spells. */
export function stringIn({ bytes }: JsonSource, from: number, to: number): string {
  return JSON.parse(textIn(bytes, from, to));
}

function isNumber(byte: number | undefined): boolean {
  return byte !== undefined && (isDigit(byte) || byte === 0x2d);
}

/** True for what continues a number behind its first digits: a point or an exponent. */
function isInNumber(byte: number | undefined): boolean {
  return byte === 0x2e || byte === 0x65 || byte === 0x45;
}

function unquoted(token: string): string {
  return token.startsWith('"') ? token.slice(1, -1) : token;
}
