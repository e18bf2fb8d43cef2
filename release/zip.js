/** A zip file, of what a wheel needs and no more: no folders, no comments, the date of every file the first that there is. */
import { crc32, deflateRawSync } from 'node:zlib';

const utf8 = 0x800;
const deflated = 8;
const version = 20;
/** 1 January 1980, at midnight. */
const [date, time] = [0x21, 0];
/** A file of Unix, readable by all: rw-r--r--. */
const [madeBy, mode] = [0x0314, (0o100644 << 16) >>> 0];

/**
 * @param {Map<string, string | Buffer>} files content by path
 * @returns {Buffer}
 */
export function zipOf(files) {
  const parts = [];
  const directory = [];
  let offset = 0;
  for (const [path, content] of files) {
    const [name, raw] = [Buffer.from(path), Buffer.from(content)];
    const data = deflateRawSync(raw, { level: 9 });
    const facts = Buffer.alloc(26);
    for (const [at, value] of [version, utf8, deflated, time, date].entries()) facts.writeUInt16LE(value, at * 2);
    facts.writeUInt32LE(crc32(raw), 10);
    facts.writeUInt32LE(data.length, 14);
    facts.writeUInt32LE(raw.length, 18);
    facts.writeUInt16LE(name.length, 22);
    parts.push(Buffer.from('PK\x03\x04'), facts, name, data);
    directory.push(Buffer.from('PK\x01\x02'), shorts(madeBy), facts, shorts(0, 0, 0), longs(mode, offset), name);
    offset += 4 + facts.length + name.length + data.length;
  }
  const size = directory.reduce((sum, part) => sum + part.length, 0);
  const end = [Buffer.from('PK\x05\x06'), shorts(0, 0, files.size, files.size), longs(size, offset), shorts(0)];
  return Buffer.concat([...parts, ...directory, ...end]);
}

/** Numbers of two bytes each. */
function shorts(...values) {
  const bytes = Buffer.alloc(values.length * 2);
  for (const [at, value] of values.entries()) bytes.writeUInt16LE(value, at * 2);
  return bytes;
}

/** Numbers of four bytes each. */
function longs(...values) {
  const bytes = Buffer.alloc(values.length * 4);
  for (const [at, value] of values.entries()) bytes.writeUInt32LE(value, at * 4);
  return bytes;
}
