/** Log lines on stderr. Nothing else writes there, and nothing that is logged is a message. */

export type Level = 'DEBUG' | 'INFO' | 'WARNING' | 'ERROR' | 'CRITICAL';

export type Log = (level: Level, text: string) => void;

const levels: readonly Level[] = ['DEBUG', 'INFO', 'WARNING', 'ERROR', 'CRITICAL'];

/**
 * @param write takes a whole line
 * @param least what is less than this is not written
 */
export function createLog(write: (line: string) => void, least: Level): Log {
  return (level, text) => {
    if (levels.indexOf(level) < levels.indexOf(least)) return;
    write(`${level} ${printable(text).replace(secretKey, '$1***')}\n`);
  };
}

/** Whoever put a key into a text, it does not appear. */
const secretKey = /(sk_(?:test|live)_)[\w.-]+/g;

/** Control characters, which could drive a terminal, as their code points. Texts of the API pass through here. */
function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return `\\u${code.toString(16).padStart(4, '0')}`;
  });
}
