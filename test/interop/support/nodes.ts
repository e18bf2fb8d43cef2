/** The lines of Node.js that the tap must run on. npm has packages that carry nothing but the executable. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { cached, must } from '../../support/cache.ts';
import { needed } from './needed.ts';

/** The oldest that package.json allows, and the long-term lines after it. */
export const nodeVersions = ['20.19.0', '22.23.3', '24.21.0'] as const;

/** Lines that are too old. */
export const oldNodeVersions = ['16.20.2', '18.20.8'] as const;

/** The folder of the executable `node` of a version, for a PATH. */
export function nodeFolder(version: string): Promise<string> {
  const name = `node-${process.platform}-${process.arch}`;
  const made = cached(`node-${version}`, async (draft) => {
    await must(['npm', 'pack', '--silent', '--pack-destination', draft, `${name}@${version}`]);
    const packed = join(draft, `${name}-${version}.tgz`);
    await must(['tar', '-xzf', packed, '-C', draft, '--strip-components=2', 'package/bin/node']);
    rmSync(packed);
  });
  return needed(made);
}
