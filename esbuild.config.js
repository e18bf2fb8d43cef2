// Bundles the tap into dist/tap, which is what npm packs, and the sandbox into dist/sandbox, which is not.
import { rmSync } from 'node:fs';
import { build } from 'esbuild';

const shared = {
  bundle: true,
  platform: 'node',
  target: 'node20.19',
  format: 'esm',
  splitting: true,
  // Some dependencies are CommonJS and require Node's own modules.
  banner: {
    js: "import { createRequire as requireFor } from 'node:module'; const require = requireFor(import.meta.url);",
  },
  logLevel: 'warning',
};

rmSync('dist', { recursive: true, force: true });
await build({ ...shared, entryPoints: ['src/cli.ts'], outdir: 'dist/tap', minifySyntax: true });
await build({ ...shared, entryPoints: ['src/sandbox/sandbox.ts', 'src/sandbox/demo.ts'], outdir: 'dist/sandbox' });
