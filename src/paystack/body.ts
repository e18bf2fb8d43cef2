/**
 * The body of an answer, unpacked and put into a buffer.
 *
 * A body comes from outside: it may have any length, and unpack to any length. All bodies together must stay within some
 * 200 MB. So only a few large ones are read at a time, and the others wait. One that is larger than any page can be is
 * broken off.
 */
import type { IncomingMessage } from 'node:http';
import { createGunzip } from 'node:zlib';
import { type ByteWriter, newByteWriter, writeAll } from '../json/byte-writer.ts';
import { WrongAnswer } from './errors.ts';

/** The largest page has 1000 records; a record has 1 to 3 kB (observed). This leaves ten times as much. */
const defaultMaxBytes = 32_000_000;
/** From here on a body is large. A page of 200 records is far smaller. */
const largeBytes = 4_000_000;
/** Large bodies that are read at a time. */
const maxLarge = 2;

/**
 * Reads a body to its end.
 *
 * @param isOver true once nobody waits for the body any more: from then on the buffer is left alone
 * @throws WrongAnswer for a body that is too large, or packed in a way that was not asked for; what Node throws of one that
 * breaks off, with its `code`
 */
export type ReadBody = (incoming: IncomingMessage, body: ByteWriter, isOver: () => boolean) => Promise<void>;

export function createReadBody(maxBytes = defaultMaxBytes): ReadBody {
  const gate = createGate(maxLarge, maxBytes);
  return async (incoming, body, isOver) => {
    const encoding = incoming.headers['content-encoding'] ?? 'identity';
    if (encoding !== 'gzip' && encoding !== 'identity') {
      throw new WrongAnswer(`answered in the encoding ${encoding}, which was not asked for`);
    }
    const unpacked = encoding === 'gzip' ? incoming.pipe(createGunzip()) : incoming;
    /** A buffer that is large from the start. One that grows step by step leaves garbage that is not collected in time (measured). */
    let place: ByteWriter | undefined;
    const goOn = (free: ByteWriter) => {
      place = free;
      copy(body, place);
      unpacked.resume();
    };
    try {
      await new Promise<void>((resolve, reject) => {
        const check = (bytes: number) => bytes <= maxBytes || reject(tooLarge(maxBytes));
        incoming.on('error', reject);
        // A packed body that unpacks to nothing has no size to check, and could go on without end.
        if (unpacked !== incoming) countBytes(incoming, check);
        unpacked.on('error', reject).on('end', resolve);
        unpacked.on('data', (chunk: Buffer) => {
          const { length } = place ?? body;
          if (isOver() || !check(length + chunk.length)) return;
          writeAll(place ?? body, chunk);
          if (length > largeBytes || length + chunk.length <= largeBytes) return;
          unpacked.pause();
          gate.enter(goOn);
        });
      });
      if (place !== undefined && !isOver()) copy(place, body);
    } finally {
      gate.leave(goOn, place);
      if (unpacked !== incoming) unpacked.destroy();
    }
  };
}

function copy(from: ByteWriter, to: ByteWriter): void {
  to.length = 0;
  writeAll(to, from.bytes.subarray(0, from.length));
}

function tooLarge(maxBytes: number): WrongAnswer {
  return new WrongAnswer(`answered with more than ${maxBytes / 1e6} MB, which is too much: set page_size lower`);
}

function countBytes(packed: IncomingMessage, check: (bytes: number) => unknown): void {
  let bytes = 0;
  packed.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    check(bytes);
  });
}

/** Lets a few large bodies in at a time, each with a buffer. The others wait for their turn. */
interface Gate {
  /** Calls back with a buffer once one is free. */
  enter(go: (place: ByteWriter) => void): void;
  /** Gives the buffer to the next one that waits. Without a buffer yet, stops waiting for one. */
  leave(go: (place: ByteWriter) => void, place: ByteWriter | undefined): void;
}

function createGate(places: number, capacity: number): Gate {
  const waiting: ((place: ByteWriter) => void)[] = [];
  const free: ByteWriter[] = [];
  let made = 0;
  return {
    enter: (go) => {
      if (free.length === 0 && made === places) return void waiting.push(go);
      if (free.length === 0) made++;
      go(free.pop() ?? newByteWriter(capacity));
    },
    leave: (go, place) => {
      const at = waiting.indexOf(go);
      if (at >= 0) waiting.splice(at, 1);
      if (place === undefined) return;
      const next = waiting.shift();
      if (next === undefined) free.push(place);
      else next(place);
    },
  };
}
