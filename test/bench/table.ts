/** What was measured, and whether it is as it must be. */

export interface Bar {
  readonly atLeast?: number;
  readonly atMost?: number;
}

/** A line of the table. */
export interface Finding {
  readonly what: string;
  /** One for each round. */
  readonly values: readonly number[];
  readonly unit?: string;
  /** None for what is shown to explain the others. */
  readonly bar?: Bar;
}

/** The value in the middle, or the mean of the two that are. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  const half = sorted.length / 2;
  return (sorted[Math.ceil(half) - 1]! + sorted[Math.floor(half)]!) / 2;
}

export function isMissed({ values, bar }: Finding): boolean {
  const { atLeast = Number.NEGATIVE_INFINITY, atMost = Number.POSITIVE_INFINITY } = bar ?? {};
  const value = median(values);
  return !(value >= atLeast && value <= atMost);
}

export function findingLine(finding: Finding): string {
  const { what, values, unit = '', bar } = finding;
  const spread = values.length > 1 ? ` (${figure(Math.min(...values))} to ${figure(Math.max(...values))})` : '';
  const shown = `${figure(median(values))}${unit}${spread}`;
  return `| ${what} | ${shown} | ${barText(bar, unit)} | ${isMissed(finding) ? 'MISSED' : ''} |`;
}

export const tableHead = '| | median (least to most) | bar | |\n|---|---|---|---|';

function barText(bar: Bar | undefined, unit: string): string {
  if (bar?.atLeast !== undefined) return `≥ ${bar.atLeast}${unit}`;
  return bar?.atMost !== undefined ? `≤ ${bar.atMost}${unit}` : '';
}

function figure(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString('en') : String(Number(value.toFixed(2)));
}
