/** If what the tests need of others cannot be had, the whole run ends and says why: a test that cannot run has not passed. */
import t from 'tap';

export async function needed<Thing>(thing: Promise<Thing>): Promise<Thing> {
  try {
    return await thing;
  } catch (error) {
    t.bailout((error as Error).message);
    throw error;
  }
}
