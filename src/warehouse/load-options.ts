/** What the SQL of a load is made for, beside its tables. */
export interface LoadOptions {
  /** In which the tables are. */
  readonly schema: string;
  /** The file with the messages. */
  readonly input: string;
  /** Of the tap. */
  readonly version: string;
}

/** The input where nothing else is said. */
export const standardInput = '/dev/stdin';
