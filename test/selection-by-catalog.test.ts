import t from 'tap';
import type { Schema } from '../src/schema.ts';
import { type CatalogEntry, type Metadata, parseCatalog, type UserEntry } from '../src/singer/catalog.ts';
import { type SelectedStream, selectStreams } from '../src/singer/selection.ts';

const text: Schema = { type: ['null', 'string'] };

const schema: Schema = {
  type: 'object',
  properties: {
    id: { type: ['integer'] },
    createdAt: { type: ['null', 'string'], format: 'date-time' },
    name: text,
    customer: {
      type: ['null', 'object'],
      description: 'Who',
      properties: { email: text, plan: { type: ['null', 'object'], properties: { code: text, kind: text } } },
    },
    history: { type: ['null', 'array'], items: { type: ['null', 'object'], properties: { at: text, by: text } } },
  },
};

/** A stream as discovery offers it. */
function offer(
  id: string,
  facts: { method?: 'FULL_TABLE'; isOffByDefault?: true; more?: Metadata[] } = {},
): CatalogEntry {
  const isFull = facts.method === 'FULL_TABLE';
  return {
    tap_stream_id: id,
    stream: id,
    key_properties: ['id'],
    replication_method: isFull ? 'FULL_TABLE' : 'INCREMENTAL',
    ...(!isFull && { replication_key: 'createdAt' }),
    schema,
    metadata: [
      at([], { inclusion: 'available', 'selected-by-default': !facts.isOffByDefault }),
      at(['properties', 'id'], { inclusion: 'automatic' }),
      ...(isFull ? [] : [at(['properties', 'createdAt'], { inclusion: 'automatic' })]),
      at(['properties', 'name'], { inclusion: 'available', 'selected-by-default': true }),
      ...(facts.more ?? []),
    ],
  };
}

function at(breadcrumb: readonly string[], metadata: Record<string, unknown>): Metadata {
  return { breadcrumb, metadata };
}

const orders = offer('orders');
const plans = offer('plans', { method: 'FULL_TABLE' });

/** The stream `orders` as the user's catalog has it chosen; undefined if it is not. */
function choose(
  root: Record<string, unknown>,
  more: readonly Metadata[] = [],
  entry: object = {},
): SelectedStream | undefined {
  const metadata = [at([], root), ...more];
  return selectStreams([orders], [{ tap_stream_id: 'orders', stream: 'orders', metadata, ...entry }])[0];
}

/** The names of the selected columns, nested ones with dots. */
function columns({ properties = {}, items }: Schema, path = ''): string[] {
  const inside = Object.entries(properties).flatMap(([name, property]) => [
    path + name,
    ...columns(property, `${path}${name}.`),
  ]);
  return items ? [...inside, ...columns(items, path)] : inside;
}

/** The selected columns of `orders`, given metadata of columns. */
function chosenColumns(more: readonly Metadata[], entry: object = {}): string[] {
  return columns(choose({ selected: true }, more, entry)!.schema);
}

const all = columns(schema);

const column = (...names: string[]) => names.flatMap((name) => (name === '[]' ? ['items'] : ['properties', name]));

const except = (...names: string[]) =>
  all.filter((name) => !names.some((left) => name === left || name.startsWith(`${left}.`)));

t.test('without a catalog, what is selected by default is selected, whole', async (t) => {
  const chosen = selectStreams([orders, offer('audits', { isOffByDefault: true }), plans], undefined);
  t.strictSame(chosen, [
    { id: 'orders', name: 'orders', schema, keyProperties: ['id'], method: 'INCREMENTAL', replicationKey: 'createdAt' },
    { id: 'plans', name: 'plans', schema, keyProperties: ['id'], method: 'FULL_TABLE', replicationKey: undefined },
  ]);
});

t.test('a discovered catalog that is handed in as it is selects the same as none', async (t) => {
  const offered = [orders, offer('audits', { isOffByDefault: true }), plans];
  t.strictSame(
    selectStreams(offered, parseCatalog(JSON.parse(JSON.stringify({ streams: offered })))),
    selectStreams(offered, undefined),
  );
});

t.test('streams come in the order in which they are offered', async (t) => {
  const catalog = ['plans', 'orders'].map((id) => ({ tap_stream_id: id, metadata: [at([], { selected: true })] }));
  t.strictSame(
    selectStreams([orders, plans], catalog).map(({ id }) => id),
    ['orders', 'plans'],
  );
});

t.test('a stream is selected by its metadata, then its schema, then its entry, then by default', async (t) => {
  const cases: [root: Record<string, unknown>, entry: object, isSelected: boolean][] = [
    [{ selected: true }, {}, true],
    [{ selected: false }, {}, false],
    [{ selected: 'true' }, {}, true],
    [{ selected: 'false' }, {}, false],
    [{ selected: true, 'selected-by-default': false }, {}, true],
    [{ selected: false, 'selected-by-default': true }, {}, false],
    [{ selected: null, 'selected-by-default': true }, {}, true],
    [{ 'selected-by-default': true }, {}, true],
    [{ 'selected-by-default': false }, {}, false],
    [{ 'selected-by-default': 'true' }, {}, true],
    [{}, {}, false],
    [{ inclusion: 'available' }, {}, false],
    [{}, { schema: { selected: true } }, true],
    [{}, { schema: { selected: 'true' } }, true],
    [{ 'selected-by-default': true }, { schema: { selected: false } }, false],
    [{ selected: false }, { schema: { selected: true } }, false],
    [{ selected: true }, { schema: { selected: false } }, true],
    [{}, { selected: true }, true],
    [{}, { selected: 'false' }, false],
    [{ 'selected-by-default': true }, { selected: false }, false],
    [{}, { schema: { selected: false }, selected: true }, false],
    [{ selected: false }, { selected: true }, false],
    [{ inclusion: 'unsupported', selected: true }, {}, false],
  ];
  for (const [root, entry, isSelected] of cases) {
    t.equal(choose(root, [], entry) !== undefined, isSelected, JSON.stringify([root, entry]));
  }
});

t.test('a stream without metadata, or that the catalog leaves out, is not selected', async (t) => {
  t.strictSame(selectStreams([orders, plans], []), []);
  t.strictSame(
    selectStreams([orders, plans], [{ tap_stream_id: 'orders' }, { tap_stream_id: 'plans', metadata: [] }]),
    [],
  );
});

t.test('columns follow their stream, unless they say something else', async (t) => {
  t.strictSame(chosenColumns([]), all);
  const cases: [metadata: Record<string, unknown>, isSelected: boolean][] = [
    [{ selected: true }, true],
    [{ selected: false }, false],
    [{ selected: 'true' }, true],
    [{ selected: 'false' }, false],
    [{}, true],
    [{ inclusion: 'available' }, true],
    [{ 'selected-by-default': true }, true],
    [{ 'selected-by-default': false }, false],
    [{ selected: true, 'selected-by-default': false }, true],
    [{ selected: false, 'selected-by-default': true }, false],
    [{ selected: null, 'selected-by-default': false }, false],
    [{ inclusion: 'unsupported' }, false],
    [{ inclusion: 'unsupported', selected: true }, false],
    [{ inclusion: 'automatic', selected: false }, true],
  ];
  for (const [metadata, isSelected] of cases) {
    const expected = isSelected ? all : except('name');
    t.strictSame(chosenColumns([at(column('name'), metadata)]), expected, JSON.stringify(metadata));
  }
});

t.test('columns that are automatic cannot be deselected', async (t) => {
  const off = [
    at(column('id'), { selected: false }),
    at(column('createdAt'), { inclusion: 'available', selected: false }),
  ];
  t.strictSame(chosenColumns(off), all);
  t.strictSame(
    chosenColumns([...off, ...['name', 'customer', 'history'].map((name) => at(column(name), { selected: false }))]),
    ['id', 'createdAt'],
  );
});

t.test('what discovery calls unsupported is never selected, whatever the catalog says', async (t) => {
  const offered = offer('orders', { more: [at(column('customer', 'email'), { inclusion: 'unsupported' })] });
  const metadata = [
    at([], { selected: true }),
    at(column('customer', 'email'), { inclusion: 'available', selected: true }),
  ];
  const [chosen] = selectStreams([offered], [{ tap_stream_id: 'orders', metadata }]);
  t.strictSame(columns(chosen!.schema), except('customer.email'));
});

t.test('an object that is off takes its fields with it, automatic ones too', async (t) => {
  t.strictSame(chosenColumns([at(column('customer'), { selected: false })]), except('customer'));
  const inside = [
    at(column('customer', 'email'), { selected: true }),
    at(column('customer', 'plan'), { inclusion: 'automatic' }),
  ];
  t.strictSame(chosenColumns([at(column('customer'), { selected: false }), ...inside]), except('customer'));
});

t.test('fields of objects are selected one by one, at any depth', async (t) => {
  t.strictSame(chosenColumns([at(column('customer', 'email'), { selected: false })]), except('customer.email'));
  t.strictSame(
    chosenColumns([at(column('customer', 'plan', 'code'), { selected: false })]),
    except('customer.plan.code'),
  );
  t.strictSame(
    chosenColumns([at(column('customer', 'plan'), { 'selected-by-default': false })]),
    except('customer.plan'),
  );
  const chosen = choose({ selected: true }, [at(column('customer', 'email'), { selected: false })])!;
  const { description, type } = chosen.schema.properties!['customer']!;
  t.strictSame({ description, type }, { description: 'Who', type: ['null', 'object'] });
});

t.test('fields of array items are selected one by one', async (t) => {
  t.strictSame(chosenColumns([at(column('history', '[]', 'by'), { selected: false })]), except('history.by'));
  t.strictSame(chosenColumns([at(column('history'), { selected: false })]), except('history'));
});

t.test('columns may be selected in the schema, as in old catalogs', async (t) => {
  const entry = {
    schema: {
      properties: {
        id: { selected: false },
        name: { selected: 'false' },
        customer: { selected: true, properties: { email: { selected: false } } },
        history: { items: { properties: { at: { selected: false }, by: { selected: true } } } },
      },
    },
  };
  t.strictSame(chosenColumns([], entry), except('name', 'customer.email', 'history.at'));
  t.strictSame(chosenColumns([at(column('name'), { selected: true })], entry), except('customer.email', 'history.at'));
});

t.test('the schema is that of discovery, whatever the catalog made of it', async (t) => {
  const entry = { schema: { type: 'object', properties: { id: { type: 'string' }, made_up: { type: 'string' } } } };
  t.strictSame(choose({ selected: true }, [at(column('made_up'), { selected: true })], entry)?.schema, schema);
});

t.test('the name in messages is the alias, else the stream, else the id', async (t) => {
  t.equal(choose({ selected: true }, [], { stream_alias: 'sales' })?.name, 'sales');
  t.equal(choose({ selected: true }, [], { stream_alias: null })?.name, 'orders');
  t.equal(choose({ selected: true }, [], { stream: 'renamed' })?.name, 'renamed');
  t.equal(choose({ selected: true }, [], { stream: undefined })?.name, 'orders');
  t.equal(choose({ selected: true }, [], { stream_alias: 'sales' })?.id, 'orders');
});

t.test('a stream can be read as FULL_TABLE, and then has no replication key', async (t) => {
  const full = { method: 'FULL_TABLE', replicationKey: undefined };
  t.match(choose({ selected: true, 'replication-method': 'FULL_TABLE' }), full);
  t.match(choose({ selected: true }, [], { replication_method: 'FULL_TABLE' }), full);
  t.match(
    choose({ selected: true, 'replication-method': 'FULL_TABLE' }, [], { replication_method: 'INCREMENTAL' }),
    full,
  );
  t.match(choose({ selected: true }, [], { replication_method: null, replication_key: null }), {
    method: 'INCREMENTAL',
    replicationKey: 'createdAt',
  });
  t.match(choose({ selected: true, 'replication-method': 'INCREMENTAL', 'replication-key': 'createdAt' }), {
    method: 'INCREMENTAL',
    replicationKey: 'createdAt',
  });
});

t.test('a replication that a stream cannot do is an error', async (t) => {
  const wishes: [offered: CatalogEntry, root: Record<string, unknown>, entry: object, message: RegExp][] = [
    [orders, { 'replication-method': 'LOG_BASED' }, {}, /"orders".*LOG_BASED.*INCREMENTAL and FULL_TABLE/],
    [orders, {}, { replication_method: 'LOG_BASED' }, /"orders".*LOG_BASED/],
    [plans, { 'replication-method': 'INCREMENTAL' }, {}, /"plans".*INCREMENTAL.*FULL_TABLE only/],
    [orders, { 'replication-key': 'updatedAt' }, {}, /"orders".*updatedAt.*createdAt/],
    [orders, {}, { replication_key: 'updatedAt' }, /"orders".*updatedAt.*createdAt/],
    [plans, { 'replication-key': 'createdAt' }, {}, /"plans".*createdAt.*none/],
    [orders, {}, { key_properties: ['reference'] }, /"orders".*key id/],
    [orders, {}, { key_properties: [] }, /"orders".*key id/],
    [orders, {}, { key_properties: ['id', 'name'] }, /"orders".*key id/],
  ];
  for (const [offered, root, entry, message] of wishes) {
    const catalog = [
      { tap_stream_id: offered.tap_stream_id, metadata: [at([], { selected: true, ...root })], ...entry },
    ];
    t.throws(() => selectStreams([offered], catalog), { name: 'UserError', message }, JSON.stringify([root, entry]));
    const off = [{ ...catalog[0]!, metadata: [at([], { ...root, selected: false })] }];
    t.strictSame(selectStreams([offered], off), [], 'what is not selected does not matter');
  }
});

t.test('a stream that does not exist may be in the catalog, but not be selected', async (t) => {
  const unknown = (metadata: Record<string, unknown>): UserEntry => ({
    tap_stream_id: 'gone',
    metadata: [at([], metadata)],
  });
  t.strictSame(selectStreams([orders], [unknown({ selected: false }), unknown({})]), []);
  for (const metadata of [{ selected: true }, { selected: 'true' }, { 'selected-by-default': true }]) {
    t.throws(() => selectStreams([orders], [unknown(metadata)]), { name: 'UserError', message: /"gone".*--discover/ });
  }
});

t.test('a stream that the catalog has twice is an error', async (t) => {
  const entry = { tap_stream_id: 'orders', metadata: [at([], { selected: true })] };
  t.throws(() => parseCatalog({ streams: [entry, { ...entry, metadata: [] }] }), {
    name: 'UserError',
    message: /"orders" twice/,
  });
});

t.test('what is no catalog is an error', async (t) => {
  const broken = [
    null,
    [],
    {},
    { streams: {} },
    { streams: [null] },
    { streams: [{}] },
    { streams: [{ stream: 'orders' }] },
    { streams: [{ tap_stream_id: 7 }] },
    { streams: [{ tap_stream_id: 'orders', metadata: {} }] },
    { streams: [{ tap_stream_id: 'orders', metadata: [{}] }] },
    { streams: [{ tap_stream_id: 'orders', metadata: [{ breadcrumb: 'properties', metadata: {} }] }] },
    { streams: [{ tap_stream_id: 'orders', metadata: [{ breadcrumb: [] }] }] },
    { streams: [{ tap_stream_id: 'orders', schema: 'x' }] },
    { streams: [{ tap_stream_id: 'orders', key_properties: 'id' }] },
  ];
  for (const json of broken) {
    t.throws(() => parseCatalog(json), { name: 'UserError', message: /no Singer catalog/ }, JSON.stringify(json));
  }
});

t.test('what other tools add to a catalog does not disturb', async (t) => {
  const entry = {
    ...JSON.parse(JSON.stringify(orders)),
    metadata: [
      at([], { selected: true, 'schema-name': 'x', 'row-count': 3 }),
      at(['properties', 'gone'], { selected: true }),
    ],
    is_view: false,
    database_name: null,
    row_count: 3,
    replication_key: null,
    stream_alias: null,
  };
  t.strictSame(columns(selectStreams([orders], parseCatalog({ streams: [entry], version: 1 }))[0]!.schema), all);
});

t.test('two selected streams must not share a name', async (t) => {
  const chosen = [orders, plans].map(({ tap_stream_id }) => ({
    tap_stream_id,
    stream: 'same',
    metadata: [at([], { selected: true })],
  }));
  t.throws(() => selectStreams([orders, plans], chosen), /two streams the name "same"/);
});
