/** Guards against `NODE_DEBUG`, which can make Node print the requests of the tap, and the key with them. */
import { UserError } from '../errors.ts';

/**
 * Parts of Node that handle requests. Observed (Node 20): `http` and `net` print each header that is sent. What the others
 * print of the same exchange changes from one Node to the next.
 */
const sections = ['http', 'https', 'http2', 'net', 'tls', 'undici', 'fetch', 'websocket'];

/** @throws UserError if a variable would show the key */
export function refuseToShowKey({ NODE_DEBUG }: NodeJS.ProcessEnv): void {
  const shows = sections.filter((section) => isDebugged(section, NODE_DEBUG));
  if (shows.length === 0) return;
  const remedy = `leave out ${shows.join(', ')}; --log-level debug shows the requests without it`;
  throw new UserError(`NODE_DEBUG=${NODE_DEBUG} would have Node.js print the secret key with every request: ${remedy}`);
}

/** As Node understands the variable: names with commas between them, in any case, `*` for anything. */
function isDebugged(section: string, variable = ''): boolean {
  return variable.split(',').some((name) => {
    const parts = name.split('*').map((part) => part.replace(/[|\\{}()[\]^$+?.]/g, '\\$&'));
    return new RegExp(`^${parts.join('.*')}$`, 'i').test(section);
  });
}
