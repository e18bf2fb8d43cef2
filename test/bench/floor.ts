/**
 * The least that a tap on Node can do: pages are fetched ahead, parsed, and each record is printed as a RECORD, a page at a
 * time, as fast as the reader takes them. No windows, no schema, no state, no retries. What the tap is measured against.
 */
import { once } from 'node:events';

const [url = '', secretKey = '', query = '', pages = ''] = process.argv.slice(2);

/** Pages in flight or waiting. */
const ahead = 8;

async function fetchPage(number: number): Promise<string> {
  const headers = { authorization: `Bearer ${secretKey}` };
  const response = await fetch(`${url}/transaction?page=${number}&${query}`, { headers });
  return response.text();
}

const running: Promise<string>[] = [];
const last = Number(pages);
let next = 1;
for (let page = 1; page <= last; page++) {
  while (next <= last && running.length < ahead) running.push(fetchPage(next++));
  const { data } = JSON.parse((await running.shift()) ?? '') as { data: object[] };
  const time_extracted = new Date().toISOString();
  let text = '';
  for (const record of data) {
    text += `${JSON.stringify({ type: 'RECORD', stream: 'transactions', record, time_extracted })}\n`;
  }
  if (!process.stdout.write(text)) await once(process.stdout, 'drain');
}
