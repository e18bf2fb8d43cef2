/** `--test=schema`: prints the SCHEMA messages that a target will get. Needs no key and no network. */
import type { Writable } from 'node:stream';
import type { Log } from '../report/log.ts';
import { schemaMessage } from '../singer/messages.ts';
import { createOutput } from '../sync/output.ts';
import { discover } from './discover.ts';
import { type InputOptions, readSelection, readStreamWords } from './inputs.ts';

/** Writes the SCHEMA messages of the selected streams. */
export async function writeSchemas(
  options: InputOptions & { readonly stdout: Writable; readonly log: Log },
): Promise<number> {
  const { write } = createOutput(options.stdout, new AbortController().signal);
  const streams = readSelection(discover(), options.catalog, readStreamWords(options), options.log);
  for (const { name, schema, keyProperties, replicationKey } of streams) {
    await write(schemaMessage(name, schema, keyProperties, replicationKey));
  }
  return 0;
}
