/** Which columns of a stream a receipt counts. */
import type { StreamFacts } from '../paystack/stream-facts.ts';
import { readSchema } from '../record/schemas.ts';
import { typeOf } from '../schema.ts';
import type { SelectedStream } from '../singer/selection.ts';

export interface ReceiptColumns {
  readonly key: readonly string[];
  /** The column of the creation; undefined if the stream has none, or it is not selected. */
  readonly created: string | undefined;
  /** The column of the currency of the amounts; undefined likewise. */
  readonly currency: string | undefined;
  readonly amounts: readonly string[];
}

/** How the catalogs describe a column of money. The descriptions are ours, and a test holds the list of these columns. */
const money = /\bin hundredths of\b/;

/**
 * The columns of a selected stream that stand in the target under their own names, so that any SQL can ask for them. Amounts
 * within an object or a list are left out: how to reach into those differs from target to target.
 */
export function receiptColumns({ id, schema, keyProperties }: SelectedStream, facts: StreamFacts): ReceiptColumns {
  const ifSelected = (name: string) => (schema.properties?.[name] === undefined ? undefined : name);
  const amounts = Object.entries(readSchema(id).properties ?? {})
    .filter(
      ([name, column]) => ifSelected(name) && typeOf(column) === 'integer' && money.test(column.description ?? ''),
    )
    .map(([name]) => name);
  return {
    key: keyProperties,
    created: facts.created === undefined ? undefined : ifSelected(facts.created),
    currency: amounts.length === 0 ? undefined : ifSelected('currency'),
    amounts,
  };
}
