/** Takes the records out of answers whose `data` is no plain list of them. */

/** `{"domainNames": ["example.com"]}` (documented) holds one record for each name. */
export function domainRecords(data: unknown): unknown {
  // Observed of an integration without domains: `[]` in place of the object.
  if (Array.isArray(data) && data.length === 0) return data;
  const names = (data as { domainNames?: unknown } | null)?.domainNames;
  return Array.isArray(names) ? names.map((name) => ({ domain_name: name })) : names;
}

/** A subscription holds its invoices in up to three places (documented), the same one in several of them. */
export function subscriptionInvoiceRecords(data: unknown): unknown {
  const { invoices, invoices_history, most_recent_invoice } = (data ?? {}) as Record<string, unknown>;
  const lists = [most_recent_invoice ?? [], invoices ?? [], invoices_history ?? []];
  return lists.flat();
}
