/**
 * The body of an answer, unpacked and put into a buffer.
 *
 * It comes from outside, so it may be of any length, and may unpack to any length. All requests in flight together are
 * to need no more than some 300 MB for it: a body beyond the size of a usual page waits until few others of such a size
 * are being read, and one beyond any size that a page can have is broken off.
 */
import type { IncomingMessage } from 'node:http';
import { createGunzip } from 'node:zlib';
import { type ByteWriter, writeBytes } from '../json/byte-writer.ts';
import { WrongAnswer } from './errors.ts';

/** The largest page has 1000 records; a record has 1 to 3 kB (observed). This leaves ten times as much. */
const defaultMaxBytes = 32_000_000;
/** A page of 200 records is smaller by far. */
const largeBytes = 4_000_000;
/** Large bodies that are read at a time. */
const maxLarge = 2;

/** Reads a body to its end. */
export type ReadBody = (incoming: IncomingMessage, body: ByteWriter) => Promise<void>;

/**
 * What it returns throws WrongAnswer for a body that is too large, or packed in a way that was not asked for; and what Node
 * throws of one that breaks off, with its `code`.
 */
export function createReadBody(maxBytes = defaultMaxBytes): ReadBody {
  const gate = createGate(maxLarge);
  return async (incoming, body) => {
    const encoding = incoming.headers['content-encoding'] ?? 'identity';
    if (encoding !== 'gzip' && encoding !== 'identity') {
      throw new WrongAnswer(`answered in the encoding ${encoding}, which was not asked for`);
    }
    const unpacked = encoding === 'gzip' ? incoming.pipe(createGunzip()) : incoming;
    const goOn = () => unpacked.resume();
    let isLarge = false;
    try {
      await new Promise<void>((resolve, reject) => {
        const check = (bytes: number) => {
          if (bytes > maxBytes) reject(tooLarge(maxBytes));
          return bytes <= maxBytes;
        };
        incoming.on('error', reject);
        // What unpacks to nothing could go on without end.
        if (unpacked !== incoming) countBytes(incoming, check);
        unpacked.on('error', reject).on('end', resolve);
        unpacked.on('data', (chunk: Buffer) => {
          if (!check(body.length + chunk.length)) return;
          writeBytes(body, chunk, 0, chunk.length);
          if (isLarge || body.length <= largeBytes) return;
          isLarge = true;
          unpacked.pause();
          gate.enter(goOn);
        });
      });
    } finally {
      if (isLarge) gate.leave(goOn);
      if (unpacked !== incoming) unpacked.destroy();
    }
  };
}

function tooLarge(maxBytes: number): WrongAnswer {
  return new WrongAnswer(`answered with more than ${maxBytes / 1e6} MB, which is too much: set page_size lower`);
}

function countBytes(packed: IncomingMessage, check: (bytes: number) => void): void {
  let bytes = 0;
  packed.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    check(bytes);
  });
}

/** Lets so many in at a time; the others wait for their turn. */
interface Gate {
  /** Calls back when there is room. */
  enter(go: () => void): void;
  /** Makes room for the next one, or gives up the wait. */
  leave(go: () => void): void;
}

function createGate(places: number): Gate {
  const waiting: (() => void)[] = [];
  let free = places;
  return {
    enter: (go) => {
      if (free === 0) return void waiting.push(go);
      free--;
      go();
    },
    leave: (go) => {
      const at = waiting.indexOf(go);
      if (at >= 0) return void waiting.splice(at, 1);
      const next = waiting.shift();
      if (next === undefined) free++;
      else next();
    },
  };
}
