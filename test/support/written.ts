/** What becomes of the text of a record. */
import { newByteWriter } from '../../src/json/byte-writer.ts';
import { newJsonReader, readJson } from '../../src/json/read.ts';
import type { ConformRecord } from '../../src/record/conform.ts';
import { heldText } from '../../src/record/held.ts';
import type { Misfit } from '../../src/record/record-edit.ts';

export interface Written {
  readonly json: string;
  readonly misfits: readonly Misfit[];
  /** What the asked columns hold. */
  readonly asked: readonly (string | undefined)[];
}

/** Conforms one record; `carried` as in `ConformRecord`. */
export function written(conform: ConformRecord, text: string, carried?: Readonly<Record<string, string>>): Written {
  const writer = newByteWriter(0);
  const { misfits, asked } = conform(readJson(newJsonReader(), Buffer.from(text), 0), writer, carried);
  return { json: writer.bytes.toString('utf8', 0, writer.length), misfits, asked: asked.map(heldText) };
}
