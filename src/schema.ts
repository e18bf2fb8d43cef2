/** The part of JSON Schema that `catalogs/` is written in. */
export interface Schema {
  readonly type: string | readonly string[];
  readonly format?: 'date-time';
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly additionalProperties?: true;
  readonly 'x-sql-datatype'?: 'bigint';
  /** The number of another record. Where Paystack embeds that record instead, this is its `id`. */
  readonly 'x-record-id'?: true;
  /** The stream and the column that a value is found in: `customers.id`. */
  readonly 'x-refers-to'?: string;
  /** Other names under which Paystack sends the same fact. They are folded into this one. */
  readonly 'x-aliases'?: readonly string[];
}

/** The one type of a property that is not `null`; undefined where several are allowed. */
export function typeOf(schema: Schema): string | undefined {
  const types = [schema.type].flat().filter((type) => type !== 'null');
  return types.length === 1 ? types[0] : undefined;
}
