/**
 * JSON without rounding, for JSON that is needed as values: settings, states, the parts of an answer that steer the reading.
 * Records never become values, see `scan.ts`.
 *
 * `JSON.parse` turns every number into a double: 64-bit ids, long decimals and exponents beyond 1e308 change in silence.
 * So a number that a double cannot carry becomes a string with a mark in front before the parse. `stringifyExact` makes it a
 * number again in the text that is written. Its digits are never interpreted.
 */

/** Private use characters that no API sends; a random part makes the mark impossible to forge in a record. */
const exactMark = `\uE000${Math.random().toString(36).slice(2)}\uE001`;

/** A number. One that stands in the place of a name is an error, and must not be quoted into a valid name. */
const numberToken = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\d.]|\s*:)/;

/**
 * Parses JSON text; a number that a double would change comes as a string that starts with `exactMark`.
 *
 * @throws SyntaxError when the text is no JSON.
 */
export function parseExact(text: string): unknown {
  return JSON.parse(quoteInexactNumbers(text));
}

/** True if a double, printed again, gives the same number with the same digits (trailing zeros aside). */
function survivesDouble(token: string): boolean {
  if (/[eE]/.test(token)) return false;
  const printed = String(Number(token));
  if (printed === token) return true;
  return token.includes('.') && !token.startsWith('-0.0') && printed === token.replace(/\.?0+$/, '');
}

function quoteInexactNumbers(text: string): string {
  const tokenAt = new RegExp(numberToken, 'y');
  let quoted = '';
  let copied = 0;
  let at = 0;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code === 0x22) {
      at = endOfString(text, at);
    } else if (code === 0x2d || (code >= 0x30 && code <= 0x39)) {
      tokenAt.lastIndex = at;
      const token = tokenAt.exec(text)?.[0];
      if (token === undefined) break; // No number: JSON.parse says what is wrong.
      if (!survivesDouble(token)) {
        quoted += `${text.slice(copied, at)}"${exactMark}${token}"`;
        copied = at + token.length;
      }
      at += token.length;
    } else {
      at++;
    }
  }
  return quoted + text.slice(copied);
}

/** The position after the string that starts at `at`. */
function endOfString(text: string, at: number): number {
  let end = at;
  do {
    end = text.indexOf('"', end + 1);
    if (end === -1) return text.length;
  } while (isEscaped(text, end));
  return end + 1;
}

function isEscaped(text: string, at: number): boolean {
  let backslashes = 0;
  while (text.charCodeAt(at - 1 - backslashes) === 0x5c) backslashes++;
  return backslashes % 2 === 1;
}

/** The digits of a number that `parseExact` could not give as a number, or undefined for any other value. */
export function exactDigits(value: unknown): string | undefined {
  return typeof value === 'string' && value.startsWith(exactMark) ? value.slice(exactMark.length) : undefined;
}

const markedNumber = new RegExp(`"${exactMark}([^"]*)"`, 'g');

// JSON.stringify writes a lone surrogate as an escape, and a pair as characters: an escape that is left is a lone one.
const loneSurrogate = /(?<!\\)((?:\\\\)*)\\ud[89a-f][0-9a-f]{2}/g;

/**
 * Writes what `parseExact` gave as JSON text: numbers with their own digits, and lone surrogates, which no UTF-8 text
 * can hold, as U+FFFD.
 */
export function stringifyExact(value: unknown): string {
  return JSON.stringify(value).replace(markedNumber, '$1').replace(loneSurrogate, '$1\uFFFD');
}
