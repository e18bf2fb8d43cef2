/** The key and creation date that a record has in Paystack's own answers, without the columns that the tap adds from a parent. */
import type { StreamFacts } from '../paystack/stream-facts.ts';

/** The fields of the key. */
export function ownKey({ key, parent }: StreamFacts): readonly string[] {
  return key.filter((name) => !(name in (parent?.carries ?? {})));
}

/** The field with the creation date, if the table knows one. */
export function ownCreated({ created, parent }: StreamFacts): string | undefined {
  return created !== undefined && created in (parent?.carries ?? {}) ? undefined : created;
}
