#!/usr/bin/env node
// An old Node.js must be able to read this file: it is what says that it is too old. A test compares with package.json.
const needed = [20, 19];
const [major, minor] = process.versions.node.split('.').map(Number);

if (major > needed[0] || (major === needed[0] && minor >= needed[1])) {
  void import('../dist/tap/cli.js');
} else {
  process.stderr.write(`tap-paystack needs Node.js ${needed.join('.')} or newer; this is ${process.versions.node}\n`);
  process.exitCode = 1;
}
