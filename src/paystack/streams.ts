/**
 * Every collection that Paystack can list, as data. A stream is one entry here, one schema in `catalogs/` and one
 * file of records in `fixtures/records/`; discovery, the sync, the sandbox's routes and the README's table derive from
 * this table.
 *
 * Facts are marked with where they come from: *documented* (Paystack's reference or its published OpenAPI file) or
 * *observed* (an answer recorded from the real API). An unmarked path, key or paging is documented.
 */

/** How a list is asked for. What its answers say (`meta`) is believed over this, see `list.ts`. */
export type Paging =
  /** `page` and `perPage`. */
  | 'numbered'
  /** `perPage`, then `next` with the value of `meta.next`. */
  | 'cursor'
  /** `per_page`, then `cursor` with the value of `meta.next`. */
  | 'mandate-cursor'
  /** One request tells everything. */
  | 'single';

export interface ParentFacts {
  /** The stream whose records are visited, one list of children each. */
  readonly stream: string;
  /** Columns a child record gets from its parent: the child's column → the parent's field. */
  readonly carries: Readonly<Record<string, string>>;
}

export interface ChangeFacts {
  /** The stream whose record is changed. One of its records is fetched by its key, under the path of its list. */
  readonly stream: string;
  /** The column that holds the key of the changed record, or an object that has it as `id`. */
  readonly by: string;
}

export interface StreamFacts {
  /** What one record is, for the README's table and the catalog. */
  readonly holds: string;
  /** Path of the list. `{field}` is a field of the parent record. */
  readonly path: string;
  /** Primary key: canonical field names, see `catalogs/`. */
  readonly key: readonly [string, ...string[]];
  /** Default: numbered. */
  readonly paging?: Paging;
  /** Field with the creation date; of a child, the column with that of its parent. */
  readonly created?: string;
  /** The list, or that of the parents, takes `from` and `to`: the stream can be INCREMENTAL on `created`. */
  readonly ranged?: true;
  /** Query parameters that every request of the list carries. */
  readonly query?: Readonly<Record<string, string>>;
  /** The list answers with 404 where there is nothing in it. */
  readonly emptyIs404?: true;
  /** The largest page the list is documented to give. Default: the `page_size` setting. */
  readonly maxPageSize?: number;
  /** Takes the records out of an answer whose `data` is no plain list of them. */
  readonly records?: (data: unknown) => unknown;
  /** Set on a stream whose lists hang under the records of another. */
  readonly parent?: ParentFacts;
  /**
   * Values of `status` after which a record changes no more by itself (documented vocabularies). A record with any other is
   * open, and read again however old it is. Default: none is open.
   */
  readonly finalStatuses?: readonly string[];
  /**
   * Days after which an open record is taken for one that stays so, however far back open records are read. Set where a few
   * that are stuck for good would have very many others read again.
   */
  readonly maxOpenDays?: number;
  /** Set on a stream each of whose records changes one of another stream when it comes, or changes itself. */
  readonly changes?: ChangeFacts;
  /** False for what costs a request for each parent. Default: true. */
  readonly selectedByDefault?: false;
}

export const streams = {
  address_states: {
    holds: 'a state of a country, for address verification',
    path: '/address_verification/states?country={iso_code}',
    key: ['country', 'slug'],
    paging: 'single',
    parent: { stream: 'countries', carries: { country: 'iso_code' } },
  },
  apple_pay_domains: {
    holds: 'a domain registered for Apple Pay',
    path: '/apple-pay/domain',
    key: ['domain_name'],
    paging: 'single',
    records: domainRecords,
  },
  balance_ledger: {
    holds: 'one movement of a balance',
    path: '/balance/ledger',
    key: ['id'],
    created: 'createdAt',
    ranged: true,
  },
  balances: {
    holds: 'the balance in one currency, as of the run',
    path: '/balance',
    key: ['currency'],
    paging: 'single',
  },
  banks: {
    holds: 'a bank or mobile money provider',
    path: '/bank',
    key: ['id'],
    paging: 'cursor',
    query: { use_cursor: 'true' },
    maxPageSize: 100,
  },
  bulk_charge_items: {
    holds: 'one charge of a bulk charge',
    path: '/bulkcharge/{id}/charges',
    key: ['id'],
    created: 'bulkcharge_created_at',
    ranged: true,
    parent: { stream: 'bulk_charges', carries: { bulkcharge: 'id', bulkcharge_created_at: 'createdAt' } },
    selectedByDefault: false,
  },
  bulk_charges: {
    holds: 'a batch of charges',
    path: '/bulkcharge',
    key: ['id'],
    created: 'createdAt',
    ranged: true,
    finalStatuses: ['complete'],
  },
  countries: {
    holds: 'a country Paystack works in',
    path: '/country',
    key: ['id'],
    paging: 'single',
  },
  customers: {
    holds: 'a person or business that pays',
    path: '/customer',
    key: ['id'],
    created: 'createdAt',
    ranged: true,
  },
  dedicated_account_providers: {
    holds: 'a bank that provides dedicated virtual accounts',
    path: '/dedicated_account/available_providers',
    key: ['id'],
    paging: 'single',
  },
  dedicated_virtual_accounts: {
    holds: 'a bank account that collects for one customer',
    path: '/dedicated_account',
    key: ['id'],
    created: 'created_at',
  },
  disputes: {
    holds: 'a chargeback or complaint about a transaction',
    path: '/dispute',
    key: ['id'],
    created: 'createdAt',
    ranged: true,
    finalStatuses: ['resolved', 'archived'],
    changes: { stream: 'transactions', by: 'transaction' },
  },
  invoices: {
    holds: 'a payment request',
    path: '/paymentrequest',
    key: ['id'],
    created: 'created_at',
    ranged: true,
    // Documented: archived invoices are left out of the list without it.
    query: { include_archive: 'true' },
    finalStatuses: ['success', 'failed'],
  },
  mandate_authorizations: {
    holds: 'a direct debit mandate and its authorization',
    path: '/directdebit/mandate-authorizations',
    key: ['id'],
    paging: 'mandate-cursor',
  },
  orders: {
    holds: 'an order of products',
    path: '/order',
    key: ['id'],
    created: 'created_at',
    ranged: true,
    finalStatuses: ['success', 'failed'],
  },
  payment_pages: {
    holds: 'a hosted payment page',
    path: '/page',
    key: ['id'],
    created: 'createdAt',
    ranged: true,
  },
  plans: {
    holds: 'a plan that customers subscribe to',
    path: '/plan',
    key: ['id'],
    created: 'createdAt',
    // Half documented: the OpenAPI file lists from and to, the reference does not.
    ranged: true,
  },
  preauthorizations: {
    holds: 'a reserved amount, captured or released later (South Africa)',
    path: '/preauthorization',
    key: ['id'],
    created: 'created_at',
    ranged: true,
    // Documented: "No preauthorized transaction exists".
    emptyIs404: true,
    finalStatuses: ['captured', 'released', 'failed', 'abandoned'],
  },
  product_orders: {
    holds: 'a product within an order',
    path: '/order/product/{id}',
    key: ['product_id', 'order_id'],
    parent: { stream: 'products', carries: { product_id: 'id' } },
    selectedByDefault: false,
  },
  products: {
    holds: 'a product for sale',
    path: '/product',
    key: ['id'],
    created: 'createdAt',
    ranged: true,
  },
  refunds: {
    holds: 'a refund of a transaction, whole or in part',
    path: '/refund',
    key: ['id'],
    created: 'createdAt',
    ranged: true,
    finalStatuses: ['processed', 'failed'],
    // Observed: even a partial refund makes the transaction `reversed`, weeks after it was created.
    changes: { stream: 'transactions', by: 'transaction' },
  },
  settlement_transactions: {
    holds: 'a transaction within a settlement',
    path: '/settlement/{id}/transactions',
    key: ['settlement_id', 'id'],
    created: 'settlement_created_at',
    ranged: true,
    parent: { stream: 'settlements', carries: { settlement_id: 'id', settlement_created_at: 'createdAt' } },
    selectedByDefault: false,
  },
  settlements: {
    holds: 'a payout of collected money (live mode only)',
    path: '/settlement',
    key: ['id'],
    created: 'createdAt',
    ranged: true,
    finalStatuses: ['success', 'failed'],
  },
  storefront_orders: {
    holds: 'an order placed at a storefront',
    path: '/storefront/{id}/order',
    key: ['storefront_id', 'id'],
    parent: { stream: 'storefronts', carries: { storefront_id: 'id' } },
    selectedByDefault: false,
  },
  storefront_products: {
    holds: 'a product shown at a storefront',
    path: '/storefront/{id}/product',
    key: ['storefront_id', 'id'],
    parent: { stream: 'storefronts', carries: { storefront_id: 'id' } },
    selectedByDefault: false,
  },
  storefronts: {
    holds: 'an online shop hosted by Paystack',
    path: '/storefront',
    key: ['id'],
    created: 'createdAt',
  },
  subaccounts: {
    holds: 'an account that shares in payments',
    path: '/subaccount',
    key: ['id'],
    // Observed: the current list has no date, though from and to are documented.
  },
  subscription_invoices: {
    holds: 'one billing of a subscription',
    path: '/subscription/{subscription_code}',
    key: ['id'],
    paging: 'single',
    records: subscriptionInvoiceRecords,
    created: 'subscription_created_at',
    ranged: true,
    parent: { stream: 'subscriptions', carries: { subscription: 'id', subscription_created_at: 'createdAt' } },
    selectedByDefault: false,
  },
  subscriptions: {
    holds: "a customer's subscription to a plan",
    path: '/subscription',
    key: ['id'],
    created: 'createdAt',
    // Half documented: the OpenAPI file lists from and to, the reference does not.
    ranged: true,
    finalStatuses: ['completed', 'complete', 'cancelled'],
  },
  terminals: {
    holds: 'a point-of-sale terminal',
    path: '/terminal',
    key: ['id'],
    paging: 'cursor',
  },
  transaction_splits: {
    holds: 'a rule that splits payments among subaccounts',
    path: '/split',
    key: ['id'],
    created: 'createdAt',
    ranged: true,
  },
  transactions: {
    holds: 'a payment, tried or made',
    path: '/transaction',
    key: ['id'],
    created: 'createdAt',
    ranged: true,
    finalStatuses: ['success', 'failed', 'abandoned', 'reversed'],
    // Nobody pays after months; refunds and disputes, which may come later, have the transaction read again by themselves.
    maxOpenDays: 90,
  },
  transfer_recipients: {
    holds: 'a bank account or wallet that transfers go to',
    path: '/transferrecipient',
    key: ['id'],
    created: 'createdAt',
    ranged: true,
  },
  transfers: {
    holds: 'money sent from the balance to a recipient',
    path: '/transfer',
    key: ['id'],
    created: 'createdAt',
    ranged: true,
    finalStatuses: ['success', 'failed', 'abandoned', 'reversed', 'blocked', 'rejected'],
  },
  virtual_terminals: {
    holds: 'a virtual point of sale',
    path: '/virtual_terminal',
    key: ['id'],
    paging: 'cursor',
    created: 'created_at',
  },
} as const satisfies Record<string, StreamFacts>;

export type StreamName = keyof typeof streams;

/** `{"domainNames": ["example.com"]}` (documented) holds one record for each name. */
function domainRecords(data: unknown): unknown {
  const names = (data as { domainNames?: unknown } | null)?.domainNames;
  return Array.isArray(names) ? names.map((name) => ({ domain_name: name })) : names;
}

/** A subscription tells its invoices in up to three places (documented), the same one in several of them. */
function subscriptionInvoiceRecords(data: unknown): unknown {
  const { invoices, invoices_history, most_recent_invoice } = (data ?? {}) as Record<string, unknown>;
  const lists = [most_recent_invoice ?? [], invoices ?? [], invoices_history ?? []];
  return lists.flat();
}
