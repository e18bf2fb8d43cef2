/** Names and texts as SQL has them. What is written here holds for DuckDB and for PostgreSQL. */

/** An identifier, whatever its letters. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A literal of text. */
export function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** A list of identifiers, as in a key. */
export function quoteNames(names: readonly string[]): string {
  return names.map(quoteName).join(', ');
}

/** The table of a stream, with its schema: each stream has a table of its name. */
export function tableOf(schema: string, stream: string): string {
  return `${quoteName(schema)}.${quoteName(stream)}`;
}
