/**
 * What a person at a terminal sees of a sync: one line on stderr, drawn anew in its place, and a table at the end.
 *
 * It is one line because the target writes to the same terminal: what comes between two drawings follows the line, and
 * no drawing erases it. It is plain text, so there is no colour that NO_COLOR could switch off.
 */
import type { Clock } from '../clock.ts';
import type { Observer } from './observer.ts';

export interface Display extends Observer {
  /** Writes a line of the log above the display. */
  write(line: string): void;
  /** Begins to draw. */
  start(streams: readonly string[]): void;
  /** Erases the display, and leaves a table of what was written, if the sync got so far. */
  end(): void;
}

/** A terminal, as Node has it. */
export interface Terminal {
  readonly columns?: number;
  write(text: string): unknown;
}

interface Progress {
  written: number;
  /** What the list was said to hold, all pages together. */
  announced: number | undefined;
  hasEnded: boolean;
  /** It has ended, and everything was read and written. */
  isWhole: boolean;
}

const redrawMs = 250;
/** A rate of less time than this says nothing. */
const minRateMs = 2000;
const eraseLine = '\r\u001b[K';

export function createDisplay(terminal: Terminal, clock: Clock): Display {
  const all = new Map<string, Progress>();
  let startedAt = clock.now();
  let latest = '';
  let quotaLeft: number | undefined;
  let isDrawn = false;
  let cancelDraw: (() => void) | undefined;

  function draw(): void {
    cancelDraw = clock.after(redrawMs, draw);
    const width = (terminal.columns || 80) - 1;
    terminal.write(`${eraseLine}${fitted(statusLine(), width)}`);
    isDrawn = true;
  }

  function erase(): void {
    if (isDrawn) terminal.write(eraseLine);
    isDrawn = false;
  }

  function statusLine(): string {
    const streams = [...all.values()];
    const written = sumOf(streams, (stream) => stream.written);
    const elapsedMs = clock.now() - startedAt;
    const rate = elapsedMs < minRateMs ? undefined : (written * 1000) / elapsedMs;
    const open = streams.filter(({ hasEnded }) => !hasEnded);
    // Not a number, and so not shown, as long as an open stream has not told how many it has.
    const left = sumOf(open, (stream) => Math.max(0, (stream.announced ?? Number.NaN) - stream.written));
    const now = all.get(latest);
    const of = now?.announced === undefined ? '' : ` of ${grouped(now.announced)}`;
    return [
      `${streams.length - open.length}/${streams.length} streams`,
      `${grouped(written)} rows${rate === undefined ? '' : `, ${grouped(Math.round(rate))}/s`}`,
      rate && left > 0 && `about ${durationText((left * 1000) / rate)} left`,
      quotaLeft !== undefined && `quota ${grouped(quotaLeft)}`,
      now && `${latest} ${grouped(now.written)}${of}`,
    ]
      .filter(Boolean)
      .join(' | ');
  }

  return {
    write: (line) => {
      erase();
      terminal.write(line);
      if (cancelDraw !== undefined) {
        cancelDraw();
        draw();
      }
    },
    start: (streams) => {
      startedAt = clock.now();
      for (const stream of streams) {
        all.set(stream, { written: 0, announced: undefined, hasEnded: false, isWhole: false });
      }
      draw();
    },
    asked: ({ endpoint, quotaLeft: left }) => {
      if (endpoint === latest || latest === '') quotaLeft = left;
    },
    announced: (endpoint, total) => {
      const stream = all.get(endpoint);
      // The first answer tells of the whole range, later ones of its windows.
      if (stream) stream.announced = Math.max(total, stream.announced ?? 0);
    },
    wrote: (endpoint, records) => {
      const stream = all.get(endpoint);
      if (stream) stream.written += records;
      latest = endpoint;
    },
    ended: (endpoint, { succeeded }) => {
      const stream = all.get(endpoint);
      if (stream) Object.assign(stream, { hasEnded: true, isWhole: succeeded });
    },
    end: () => {
      cancelDraw?.();
      cancelDraw = undefined;
      erase();
      if ([...all.values()].some(({ written, hasEnded }) => written > 0 || hasEnded)) {
        terminal.write(tableOf(all, clock.now() - startedAt));
      }
    },
  };
}

/** The streams of which something was written, or that are not whole; the others as their number. */
function tableOf(all: ReadonlyMap<string, Progress>, elapsedMs: number): string {
  const shown = [...all].filter(([, { written, isWhole }]) => written > 0 || !isWhole);
  const rows = shown.map(([stream, { written, announced, isWhole }]) => [
    stream,
    grouped(written),
    announced === undefined ? '' : `of ${grouped(announced)}`,
    isWhole ? '' : 'not whole',
  ]);
  const written = sumOf([...all.values()], (stream) => stream.written);
  const others = all.size - shown.length;
  rows.push([
    'all streams',
    grouped(written),
    `in ${durationText(elapsedMs)}`,
    others > 0 ? `${others} had nothing` : '',
  ]);
  const widths = [0, 1].map((column) => Math.max(...rows.map((row) => row[column]!.length)));
  const lines = rows.map(([stream = '', count = '', ...more]) =>
    [stream.padEnd(widths[0]!), count.padStart(widths[1]!), ...more].join('  ').trimEnd(),
  );
  return `${lines.join('\n')}\n`;
}

function sumOf(streams: readonly Progress[], value: (stream: Progress) => number): number {
  return streams.reduce((sum, stream) => sum + value(stream), 0);
}

/** Cut to the width of the terminal: a line that wraps could not be erased. */
function fitted(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`;
}

function grouped(count: number): string {
  return String(count).replace(/\B(?=(?:\d{3})+$)/g, ',');
}

function durationText(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  const rest = String(seconds % 60).padStart(2, '0');
  const minutes = Math.floor(seconds / 60);
  return minutes < 60
    ? `${minutes}:${rest}`
    : `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, '0')}:${rest}`;
}
