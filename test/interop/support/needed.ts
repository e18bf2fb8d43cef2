/** If what the tests need of others cannot be had, the whole run ends and says why: a test that cannot run has not passed. */
export async function needed<Thing>(thing: Promise<Thing>): Promise<Thing> {
  try {
    return await thing;
  } catch (error) {
    // Only now: the benchmark, which is no test, starts PostgreSQL too.
    const { default: t } = await import('tap');
    t.bailout((error as Error).message);
    throw error;
  }
}
