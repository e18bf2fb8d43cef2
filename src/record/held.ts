/** What columns that are asked hold, as places of JSON text: a text for each would be garbage. */
import { type Bytes, viewed } from '../json/byte-writer.ts';
import { isNull, textIn } from '../json/scan.ts';

/** What a column holds. Used again for the next record. */
export interface Held extends Mutable<Bytes> {
  /** -1 if nothing was sent. */
  from: number;
  /** Exclusive. */
  to: number;
}

type Mutable<Of> = { -readonly [Name in keyof Of]: Of[Name] };

const noBytes = viewed(Buffer.alloc(0));

export function newHeld(): Held {
  return { ...noBytes, from: -1, to: -1 };
}

export function hold(held: Held, { bytes, view }: Bytes, from: number, to: number): void {
  held.bytes = bytes;
  held.view = view;
  held.from = from;
  held.to = to;
}

/** Forgets what the columns of the last record held. */
export function holdNothing(asked: readonly Held[]): void {
  for (const held of asked) held.from = -1;
}

/** The JSON text that a column holds; undefined if nothing was sent. */
export function heldText({ bytes, from, to }: Held): string | undefined {
  return from < 0 ? undefined : textIn(bytes, from, to);
}

/** True if a column holds something else than null. */
export function holdsValue({ bytes, from }: Held): boolean {
  return from >= 0 && !isNull(bytes, from);
}
