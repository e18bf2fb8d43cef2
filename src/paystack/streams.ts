/**
 * Every collection that Paystack can list, as data. A stream is one entry here, one schema in `catalogs/` and one
 * file of records in `fixtures/records/`; discovery, the sync, the sandbox's routes and the README's table derive from
 * this table.
 *
 * Facts are marked with where they come from: *documented* (Paystack's reference or its published OpenAPI file) or
 * *observed* (an answer recorded from the real API). An unmarked path, key or paging is documented.
 */
import type { StreamFacts } from './stream-facts.ts';
import { domainRecords, subscriptionInvoiceRecords } from './unwrap.ts';

/** What most lists have: both dates, and a filter by the first. */
const dated = { created: 'createdAt', updated: 'updatedAt', ranged: true } as const;

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
    optional: true,
  },
  balance_ledger: {
    holds: 'one movement of a balance',
    path: '/balance/ledger',
    key: ['id'],
    ...dated,
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
    updated: 'updatedAt',
  },
  bulk_charges: {
    holds: 'a batch of charges',
    path: '/bulkcharge',
    key: ['id'],
    ...dated,
    finalStatuses: ['complete'],
    fetchedBy: 'id',
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
    ...dated,
  },
  dedicated_account_providers: {
    holds: 'a bank that provides dedicated virtual accounts',
    path: '/dedicated_account/available_providers',
    key: ['id'],
    paging: 'single',
    optional: true,
  },
  dedicated_virtual_accounts: {
    holds: 'a bank account that collects for one customer',
    path: '/dedicated_account',
    key: ['id'],
    created: 'created_at',
    optional: true,
  },
  disputes: {
    holds: 'a chargeback or complaint about a transaction',
    path: '/dispute',
    key: ['id'],
    ...dated,
    finalStatuses: ['resolved', 'archived'],
    changes: { stream: 'transactions', by: 'transaction' },
    fetchedBy: 'id',
    // Documented without the word optional that other lists have for `from` and `to`.
    needsBothEnds: true,
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
    fetchedBy: 'id',
  },
  mandate_authorizations: {
    holds: 'a direct debit mandate and its authorization',
    path: '/directdebit/mandate-authorizations',
    key: ['id'],
    paging: 'mandate-cursor',
    optional: true,
  },
  orders: {
    holds: 'an order of products',
    path: '/order',
    key: ['id'],
    created: 'created_at',
    ranged: true,
    finalStatuses: ['success', 'failed'],
    fetchedBy: 'id',
    updated: 'updated_at',
  },
  payment_pages: {
    holds: 'a hosted payment page',
    path: '/page',
    key: ['id'],
    ...dated,
  },
  plans: {
    holds: 'a plan that customers subscribe to',
    path: '/plan',
    key: ['id'],
    // Half documented: the OpenAPI file lists from and to, the reference does not.
    ...dated,
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
    optional: true,
  },
  product_orders: {
    holds: 'a product within an order',
    path: '/order/product/{id}',
    key: ['product_id', 'order_id', 'variant_code'],
    // Documented: null where a product has no variants, and then two lines of an order differ by nothing else.
    // Not '': targets that load by CSV make null of it.
    absentKeys: { variant_code: 'none' },
    parent: { stream: 'products', carries: { product_id: 'id' } },
    selectedByDefault: false,
  },
  products: {
    holds: 'a product for sale',
    path: '/product',
    key: ['id'],
    ...dated,
  },
  refunds: {
    holds: 'a refund of a transaction, whole or in part',
    path: '/refund',
    key: ['id'],
    ...dated,
    finalStatuses: ['processed', 'failed'],
    // Observed: even a partial refund makes the transaction `reversed`, weeks after it was created.
    changes: { stream: 'transactions', by: 'transaction' },
    fetchedBy: 'id',
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
    ...dated,
    finalStatuses: ['success', 'failed'],
  },
  storefront_orders: {
    holds: 'an order placed at a storefront',
    path: '/storefront/{id}/order',
    key: ['storefront_id', 'id'],
    parent: { stream: 'storefronts', carries: { storefront_id: 'id' } },
    selectedByDefault: false,
    optional: true,
  },
  storefront_products: {
    holds: 'a product shown at a storefront',
    path: '/storefront/{id}/product',
    key: ['storefront_id', 'id'],
    parent: { stream: 'storefronts', carries: { storefront_id: 'id' } },
    selectedByDefault: false,
    optional: true,
  },
  storefronts: {
    holds: 'an online shop hosted by Paystack',
    path: '/storefront',
    key: ['id'],
    created: 'createdAt',
    optional: true,
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
    // Half documented: the OpenAPI file lists from and to, the reference does not.
    ...dated,
    finalStatuses: ['completed', 'complete', 'cancelled'],
    fetchedBy: 'id',
  },
  terminals: {
    holds: 'a point-of-sale terminal',
    path: '/terminal',
    key: ['id'],
    paging: 'cursor',
    optional: true,
  },
  transaction_splits: {
    holds: 'a rule that splits payments among subaccounts',
    path: '/split',
    key: ['id'],
    ...dated,
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
    fetchedBy: 'id',
  },
  transfer_recipients: {
    holds: 'a bank account or wallet that transfers go to',
    path: '/transferrecipient',
    key: ['id'],
    ...dated,
  },
  transfers: {
    holds: 'money sent from the balance to a recipient',
    path: '/transfer',
    key: ['id'],
    ...dated,
    finalStatuses: ['success', 'failed', 'abandoned', 'reversed', 'blocked', 'rejected'],
    fetchedBy: 'id',
  },
  virtual_terminals: {
    holds: 'a virtual point of sale',
    path: '/virtual_terminal',
    key: ['id'],
    paging: 'cursor',
    created: 'created_at',
    optional: true,
  },
} as const satisfies Record<string, StreamFacts>;

export type StreamName = keyof typeof streams;
