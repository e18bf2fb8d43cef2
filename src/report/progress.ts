/**
 * The display of a sync on a terminal: one line on stderr, redrawn in place, and a table at the end.
 *
 * It is a single line because the target may write to the same terminal. Whatever it writes between two drawings follows the
 * line, and is not erased. The text is plain, so there is no colour that NO_COLOR could switch off.
 */
import type { Clock } from '../clock.ts';
import { durationText, grouped } from '../words.ts';
import type { Observer } from './observer.ts';
import { type Progress, statusParts, sumOf } from './status.ts';

export interface Display extends Observer {
  /** Writes a line of the log above the display. */
  write(line: string): void;
  /**
   * Begins to draw.
   *
   * @param note stands under the table at the end
   */
  start(streams: readonly string[], note?: string): void;
  /** Erases the display, and leaves a table of what was written, if the sync got so far. */
  end(): void;
}

/** A terminal, as Node has it. */
export interface Terminal {
  readonly columns?: number;
  write(text: string): unknown;
}

const redrawMs = 250;
/** The line names one stream until that ends, or until nothing of it was written for so long. */
const minNamedMs = 3000;
const eraseLine = '\r\u001b[K';

export function createDisplay(terminal: Terminal, clock: Clock): Display {
  const all = new Map<string, Progress>();
  const waitingUntil = new Map<string, number>();
  let [startedAt, wroteAt, namedAt] = [clock.monotonic(), clock.monotonic(), 0];
  let named: string | undefined;
  let quotaLeft: number | undefined;
  let footnote: string | undefined;
  let isDrawn = false;
  let cancelDraw: (() => void) | undefined;

  function draw(): void {
    cancelDraw = clock.after(redrawMs, draw);
    const width = (terminal.columns || 80) - 1;
    const now = clock.monotonic();
    const parts = statusParts({ all, named, quotaLeft, waitingUntil, elapsedMs: now - startedAt, wroteAt, now });
    terminal.write(`${eraseLine}${fitted(parts, width)}`);
    isDrawn = true;
  }

  function erase(): void {
    if (isDrawn) terminal.write(eraseLine);
    isDrawn = false;
  }

  return {
    write: (line) => {
      erase();
      terminal.write(line);
      if (cancelDraw === undefined) return;
      cancelDraw();
      draw();
    },
    start: (streams, note) => {
      [startedAt, wroteAt] = [clock.monotonic(), clock.monotonic()];
      footnote = note;
      for (const stream of streams) {
        all.set(stream, { written: 0, announced: undefined, hasEnded: false, isWhole: false });
      }
      draw();
    },
    asked: ({ endpoint, quotaLeft: left }) => {
      waitingUntil.delete(endpoint);
      if (endpoint === named || named === undefined) quotaLeft = left;
    },
    retried: () => {},
    waiting: (endpoint, ms) => {
      waitingUntil.set(endpoint, clock.monotonic() + ms);
    },
    announced: (endpoint, total) => {
      const stream = all.get(endpoint);
      // The first answer is about the whole range, later ones about its windows.
      if (stream) stream.announced = Math.max(total, stream.announced ?? 0);
    },
    wrote: (endpoint, records) => {
      const stream = all.get(endpoint);
      if (stream) stream.written += records;
      wroteAt = clock.monotonic();
      const isStale = named === undefined || all.get(named)?.hasEnded || wroteAt - namedAt >= minNamedMs;
      if (endpoint !== named && isStale) quotaLeft = undefined;
      if (endpoint === named || isStale) [named, namedAt] = [endpoint, wroteAt];
    },
    ended: (endpoint, { succeeded }) => {
      const stream = all.get(endpoint);
      if (stream) Object.assign(stream, { hasEnded: true, isWhole: succeeded });
    },
    end: () => {
      if (cancelDraw === undefined) return;
      cancelDraw();
      cancelDraw = undefined;
      erase();
      if (![...all.values()].some(({ written, hasEnded }) => written > 0 || hasEnded)) return;
      terminal.write(tableOf(all, clock.monotonic() - startedAt));
      if (footnote !== undefined) terminal.write(`${footnote}\n`);
    },
  };
}

/** One row for each stream that wrote something or is not whole. The others are counted in the last row. */
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

/** As many parts as fit into the line. The least important are left out first. A line that wraps could not be erased. */
function fitted(parts: readonly { readonly text: string; readonly weight: number }[], width: number): string {
  const kept = [...parts];
  const line = () => kept.map(({ text }) => text).join(' | ');
  while (kept.length > 1 && line().length > width) {
    const least = Math.min(...kept.map(({ weight }) => weight));
    kept.splice(
      kept.findIndex(({ weight }) => weight === least),
      1,
    );
  }
  const text = line();
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`;
}
