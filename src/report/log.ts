/** Log lines on stderr. Singer messages never go this way. */

export type Level = 'DEBUG' | 'INFO' | 'WARNING' | 'ERROR' | 'CRITICAL';

/** What a line is about, for logs that are read by programs. */
export interface Subject {
  readonly stream?: string;
  /** The metric that the text is. */
  readonly metric?: { readonly tags: object };
  /** The error that the text is about. */
  readonly error?: Error;
  /** The numbers that the text is a summary of. */
  readonly summary?: object;
}

export type Log = (level: Level, text: string, subject?: Subject) => void;

export type LogFormat = 'text' | 'json';

export const logFormats: readonly LogFormat[] = ['text', 'json'];

const levels: readonly Level[] = ['DEBUG', 'INFO', 'WARNING', 'ERROR', 'CRITICAL'];

export const levelNames = levels.map((level) => level.toLowerCase());

/** Other names that Python's logging has for them. */
const aliases: Readonly<Record<string, Level>> = { WARN: 'WARNING', FATAL: 'CRITICAL', NOTSET: 'DEBUG' };

export function levelNamed(name: string): Level | undefined {
  const upper = name.trim().toUpperCase();
  return levels.find((level) => level === upper) ?? aliases[upper];
}

export interface Looks {
  /** Default: text. */
  readonly format?: LogFormat;
  /** Warnings and errors stand out. Default: false. */
  readonly isColoured?: boolean;
}

/**
 * @param write takes a whole line
 * @param least lines below this level are not written
 */
export function createLog(write: (line: string) => void, least: Level, looks: Looks = {}): Log {
  const { format = 'text', isColoured = false } = looks;
  const lineOf = format === 'json' ? jsonLine : isColoured ? colouredLine : textLine;
  return (level, text, subject = {}) => {
    if (levels.indexOf(level) >= levels.indexOf(least)) write(`${lineOf(level, text, subject)}\n`);
  };
}

function textLine(level: Level, text: string): string {
  return `${level} ${clean(text)}`;
}

/** Yellow, red, and bold red. */
const colours: Readonly<Record<Level, string>> = { DEBUG: '', INFO: '', WARNING: '33', ERROR: '31', CRITICAL: '1;31' };

function colouredLine(level: Level, text: string): string {
  const word = colours[level] === '' ? level : `\u001b[${colours[level]}m${level}\u001b[0m`;
  return `${word} ${clean(text)}`;
}

/**
 * A line in the form of the Meltano SDK's structured logs. Meltano recognises it only if every key up to `message` is there.
 * A top-level `type` would make it look like a Singer message.
 */
function jsonLine(level: Level, text: string, { stream, metric, error, summary }: Subject): string {
  const line = {
    level: level.toLowerCase(),
    pid: process.pid,
    logger_name: 'tap-paystack',
    ts: Date.now() / 1000,
    thread_name: 'main',
    app_name: 'tap-paystack',
    stream_name: stream ?? null,
    message: metric === undefined ? text : 'METRIC',
    ...(metric && { metric_info: metric }),
    ...(summary && { summary }),
    ...(error && { exception: { type: error.name, module: 'tap-paystack', message: error.message } }),
    // What Meltano shows beside the message.
    extra: metric?.tags ?? summary ?? {},
  };
  return JSON.stringify(line, (_, value) => (typeof value === 'string' ? clean(value) : value));
}

/** The text without secret keys, and without characters that could drive a terminal. */
export function clean(text: string): string {
  return printable(text).replace(secretKey, '$1***');
}

/** A key is masked wherever the text comes from. */
const secretKey = /(sk_(?:test|live)_)[\w.-]+/g;

/** Control characters become their code points. Texts of the API pass through here, and could drive a terminal. */
function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (character) => {
    return `\\u${character.codePointAt(0)!.toString(16).padStart(4, '0')}`;
  });
}
