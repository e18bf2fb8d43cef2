/** How records are taken out of answers that are no plain list of them. */
import t from 'tap';
import { domainRecords, subscriptionInvoiceRecords } from '../src/paystack/unwrap.ts';

t.test('each name of a domain is a record; without any, the list is empty', (t) => {
  t.same(domainRecords({ domainNames: ['a.test', 'b.test'] }), [{ domain_name: 'a.test' }, { domain_name: 'b.test' }]);
  t.same(domainRecords([]), []);
  t.equal(domainRecords(['a.test']), undefined);
  t.equal(domainRecords({ domainNames: 'a.test' }), 'a.test', 'which is no list, and will be found out');
  for (const nothing of [null, undefined, {}]) t.equal(domainRecords(nothing), undefined);
  t.end();
});

t.test('the invoices of a subscription are in up to three places', (t) => {
  const [a, b, c] = [{ id: 1 }, { id: 2 }, { id: 3 }];
  t.same(subscriptionInvoiceRecords({ invoices: [a, b], invoices_history: [c], most_recent_invoice: b }), [b, a, b, c]);
  t.same(subscriptionInvoiceRecords({ invoices: null, most_recent_invoice: null }), []);
  t.same(subscriptionInvoiceRecords(null), []);
  t.end();
});
