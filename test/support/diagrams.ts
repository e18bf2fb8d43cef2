/** The diagrams of docs/relationships.md, in Mermaid: keys, and what refers to them. */
import { type StreamName, streams } from '../../src/paystack/streams.ts';
import { readSchema } from '../../src/record/schemas.ts';
import { typeOf } from '../../src/schema.ts';
import { type Reference, referencesOf } from './references.ts';

/** Each stream stands in one; a diagram has the parents from the others too. */
export const areas: Readonly<Record<string, readonly StreamName[]>> = {
  Payments: [
    'transactions',
    'customers',
    'refunds',
    'disputes',
    'preauthorizations',
    'bulk_charges',
    'bulk_charge_items',
  ],
  Settlements: ['settlements', 'settlement_transactions', 'subaccounts', 'transaction_splits'],
  'Subscriptions and invoices': [
    'plans',
    'subscriptions',
    'subscription_invoices',
    'invoices',
    'mandate_authorizations',
  ],
  Shops: [
    'payment_pages',
    'products',
    'orders',
    'product_orders',
    'storefronts',
    'storefront_orders',
    'storefront_products',
  ],
  'Transfers and balances': ['transfers', 'transfer_recipients', 'balances', 'balance_ledger'],
  'Accounts, devices and lists': [
    'dedicated_virtual_accounts',
    'dedicated_account_providers',
    'terminals',
    'virtual_terminals',
    'apple_pay_domains',
    'banks',
    'countries',
    'address_states',
  ],
};

export function relationshipDiagrams(): string {
  return Object.entries(areas)
    .map(([area, members]) => `## ${area}\n\n\`\`\`mermaid\n${diagramOf(members)}\n\`\`\``)
    .join('\n\n');
}

function diagramOf(members: readonly StreamName[]): string {
  const lines = members.flatMap((stream) => [
    `  ${stream} {`,
    ...keyLines(stream).map((line) => `    ${line}`),
    '  }',
    ...edgeLines(drawnOf(stream)).map((line) => `  ${line}`),
  ]);
  return ['erDiagram', ...lines].join('\n');
}

/** What a stream itself refers to, but for parts of a record that repeat the number of the record they are in. */
export function drawnOf(stream: StreamName): Reference[] {
  return referencesOf(stream).filter(({ isOfCopy, to }) => !isOfCopy && to.stream !== stream);
}

/** The key, and the columns of their own that refer to another stream. */
function keyLines(stream: StreamName): string[] {
  const key: readonly string[] = streams[stream].key;
  const foreign = new Set(drawnOf(stream).map(({ path }) => path));
  const { properties = {} } = readSchema(stream);
  return Object.entries(properties).flatMap(([name, schema]) => {
    const marks = [...(key.includes(name) ? ['PK'] : []), ...(foreign.has(name) ? ['FK'] : [])];
    return marks.length === 0 ? [] : [`${typeOf(schema)} ${name} ${marks.join(', ')}`];
  });
}

/** One line for each stream that is referred to, with all columns that do. */
function edgeLines(references: readonly Reference[]): string[] {
  const parents = [...new Set(references.map(({ to }) => to.stream))];
  return parents.map((parent) => {
    const all = references.filter(({ to }) => to.stream === parent);
    const labels = all.map(({ path, to }) => (isLikeItsName(path, to.column) ? path : `${path} = ${to.column}`));
    return `${parent} ${endsOf(all[0] as Reference)} ${all[0]?.stream} : "${labels.join(', ')}"`;
  });
}

function isLikeItsName(path: string, column: string): boolean {
  return column === 'id' || path.split('.').at(-1) === column;
}

/** A parent may be lacking, unless its list was read to find the child; banks share their codes. */
function endsOf({ stream, path, to }: Reference): string {
  const facts = streams[stream];
  const isCarried = 'parent' in facts && facts.parent.stream === to.stream && path in facts.parent.carries;
  if (isCarried) return '||--o{';
  return to.stream === 'banks' && to.column === 'code' ? '}o--o{' : '|o--o{';
}
