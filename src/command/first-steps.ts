/** What somebody reads who calls the tap at a terminal without anything. */
export const firstSteps = `\
tap-paystack reads what a Paystack integration holds and writes it to stdout as
Singer messages, for a target to load. It needs the integration's secret key
(Paystack Dashboard, Settings, API Keys & Webhooks):

  export TAP_PAYSTACK_SECRET_KEY=sk_test_…

Then try the key, see what there is to choose from, and load it, for example
into files of JSON lines by target-jsonl (pip install target-jsonl):

  tap-paystack --test
  tap-paystack --discover > catalog.json
  tap-paystack --config ENV | target-jsonl

tap-paystack --help lists the flags, tap-paystack --about settings and streams.
`;
