/** The views of docs/analysts.md, over what was loaded. */
import type { Test } from 'tap';
import { blockOf } from '../../support/pages.ts';
import type { Json } from '../../support/tap.ts';

/** As the page has them. */
export const viewsOfPage = blockOf('docs/analysts.md', 'create view');

/** For a target that writes names in lower case, as the page says. */
export const viewsWithoutQuotes = viewsOfPage.replaceAll('"', '');

/**
 * Once the views are made, all have both dates, and these are dates.
 *
 * @param query rows of a SELECT; each column is text
 */
export async function viewsHaveDates(t: Test, query: (sql: string) => Promise<Json[]>): Promise<void> {
  const named = await query(
    `SELECT table_name AS name, string_agg(column_name, ' ' ORDER BY column_name) AS columns FROM information_schema.columns
    WHERE table_schema = 'paystack_dated' AND column_name IN ('created_at', 'updated_at') GROUP BY 1`,
  );
  t.equal(named.length, viewsOfPage.match(/^create view /gm)?.length);
  for (const { name, columns } of named) t.equal(columns, 'created_at updated_at', name);
  for (const view of ['transactions', 'orders']) {
    const dates = `SELECT min(created_at) > timestamp '2015-01-01' AS old, count(created_at) = count(*) AS dated`;
    const [{ old, dated }] = (await query(`${dates} FROM paystack_dated.${view}`)) as [Json];
    t.match([old, dated].join(' ').toLowerCase(), 'true true', view);
  }
}
