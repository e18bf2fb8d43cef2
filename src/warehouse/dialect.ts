/** What differs between the databases that a load is written for. All SQL here is text for `load.ts` and `checks.ts`. */
import type { LoadOptions } from './load-options.ts';
import type { Kind, Table } from './tables.ts';

export interface Dialect {
  /** As the database itself calls them. */
  readonly types: Readonly<Record<Kind, string>>;
  /** Types that a column may have instead, since they hold more: the first by the second. That of integers is among them. */
  readonly wider: Readonly<Record<string, string>>;
  /** A longer name is cut, so that two may become one. Undefined: none is. */
  readonly maxNameBytes?: number;
  /** What tells the rows of a table apart. */
  readonly rowId: string;
  /** A condition: two names are of one thing. */
  areSame(name: string, other: string): string;
  /** A statement that ends the transaction with the text `flaw`, if this SELECT gives a row. */
  check(select: string): string;
  /** Up to the begin of the transaction, and the schema as the place of all tables. */
  opening(options: LoadOptions): string;
  /**
   * Makes the table `tap_paystack_messages`: `rowid` in their order, `type`, `stream` and `version`, and what the dialect itself
   * reads. `type` is empty in JSON that has none, and NULL in a line that is not JSON.
   */
  readMessages(input: string): string;
  /** A SELECT: `stream`, `name` and `declared` of each column in a SCHEMA message. */
  readonly declared: string;
  /** A SELECT: `table_name`, `column_name`, `data_type` and `is_key` of each column in the schema. */
  readonly stored: string;
  /** Adds the columns that the tables do not have yet. Those of `tap_paystack_columns` are all that there should be. */
  addColumns(tables: readonly Table[]): string;
  /** A SELECT: a stream's records as typed rows, integers as wide as they come, with `_sdc_sequence`, their message's `rowid`. */
  rows(table: Table): string;
  /** An expression: the value of a STATE message in its own bytes. */
  readonly state: string;
  /** What keeps the only row of this SELECT, with the column `state`, until after the commit. */
  keepState(select: string): string;
  /** What shows it then, as the only output. */
  readonly showState: string;
}
