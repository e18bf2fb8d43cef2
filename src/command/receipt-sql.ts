/**
 * A receipt as SQL: one query for each part of a stream, that asks the target's table for the figures of the receipt, and
 * puts both side by side.
 *
 * It is plain enough for any SQL. Dates are compared to texts in the form that the tap writes, of which PostgreSQL and DuckDB
 * make whatever type the column has. Two spellings serve all targets: `quoted` for those that keep the names of columns as they
 * are, `folded` for those that leave their case to the database. Tables have no schema: that is the session's.
 */
import type { Part, StreamReceipt } from '../sync/receipt.ts';
import { quoteName } from '../warehouse/names.ts';

export type Spelling = 'quoted' | 'folded';

/** The columns of the answer. `verdict` is `same` or `DIFFERENT`. */
type Figure = readonly [name: string, currency: string | null, receipt: string, warehouse: string];

export function receiptSql(receipt: StreamReceipt, part: Part, spelling: Spelling): string {
  const named = (name: string) => (spelling === 'quoted' ? quoteName(name) : name);
  const { table, columns } = receipt;
  const { key, created, currency, amounts } = columns;
  const currencyColumn = currency === undefined ? 'null' : named(currency);
  const sums = amounts.map((name, index) => `sum(${named(name)}) as sum_${index + 1}`);
  const from = `from ${named(table)}${condition(columns, part, named)}`;
  const lines = figuresOf(part, columns, from, created && named(created), key.map(named)).map(
    ([figure, unit, expected, asked]) =>
      `  select ${text(table)} as stream, ${text(part.scope)} as scope, ${text(figure)} as figure, ${unit === null ? "''" : text(unit)} as currency, ${text(expected)} as receipt, ${asked} as warehouse`,
  );
  return `${[
    'with totals as (',
    `  select ${[`${currencyColumn} as unit`, 'count(*) as found', ...sums].join(', ')}`,
    `  ${from}`,
    ...(currency === undefined ? [] : [`  group by ${currencyColumn}`]),
    '), answer as (',
    lines.join(' union all\n'),
    ')',
    "select answer.*, case when receipt = warehouse then 'same' else 'DIFFERENT' end as verdict from answer;",
  ].join('\n')}\n`;
}

function figuresOf(
  part: Part,
  { amounts, currency }: StreamReceipt['columns'],
  from: string,
  created: string | undefined,
  key: readonly string[],
): Figure[] {
  const counted = (of: string) => `(select ${whole('count(*)')} ${of})`;
  const dated = (which: 'min' | 'max', date: string) =>
    `(select case when ${which}(${created}) = ${text(date)} then ${text(date)} else cast(${which}(${created}) as varchar(50)) end ${from})`;
  const figures: Figure[] = [
    ['rows', null, String(part.keys), counted(from)],
    ['keys', null, String(part.keys), counted(`from (select distinct ${key.join(', ')} ${from}) found_keys`)],
  ];
  if (created !== undefined && part.first !== undefined)
    figures.push(['first creation', null, part.first, dated('min', part.first)]);
  if (created !== undefined && part.last !== undefined)
    figures.push(['last creation', null, part.last, dated('max', part.last)]);
  for (const total of part.totals) {
    const unit = total.currency ?? null;
    const where = currency === undefined ? '' : unit === null ? ' where unit is null' : ` where unit = ${text(unit)}`;
    const ofUnit = (column: string) => `coalesce((select ${whole(column)} from totals${where}), '0')`;
    const unitText = currency === undefined ? null : (unit ?? 'none');
    if (currency !== undefined) figures.push(['rows', unitText, String(total.keys), ofUnit('found')]);
    for (const [index, name] of amounts.entries()) {
      figures.push([`sum of ${name}`, unitText, String(total.sums.get(name)), ofUnit(`sum_${index + 1}`)]);
    }
  }
  return figures;
}

/** A whole number as its digits: up to 38 of them, which is what databases have in common. */
function whole(value: string): string {
  return `cast(cast(${value} as decimal(38, 0)) as varchar(50))`;
}

function condition({ key, created }: StreamReceipt['columns'], part: Part, named: (name: string) => string): string {
  if (part.scope === 'range') {
    const column = named(created!);
    return ` where ${column} >= ${text(part.first!)} and ${column} <= ${text(part.last!)}`;
  }
  if (part.scope === 'table') return '';
  if (key.length === 1)
    return ` where ${named(key[0]!)} in (${part.list.map(([value]) => literal(value!)).join(', ')})`;
  const each = part.list.map(
    (values) => `(${key.map((name, at) => `${named(name)} = ${literal(values[at]!)}`).join(' and ')})`,
  );
  return ` where ${each.join(' or ')}`;
}

/** A value of a key, from its JSON text. */
function literal(json: string): string {
  return json.startsWith('"') ? text(JSON.parse(json) as string) : json;
}

function text(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}
