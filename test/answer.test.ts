/** What a whole answer means, by its status, its headers and its body. */
import t from 'tap';
import { newJsonReader } from '../src/json/read.ts';
import { valueIn } from '../src/json/scan.ts';
import { judge, type Payload } from '../src/paystack/answer.ts';
import { KeyRejected, Refused } from '../src/paystack/errors.ts';
import { doubtful, hopeless } from '../src/paystack/failure.ts';

const now = Date.UTC(2026, 0, 1, 12);
const reader = newJsonReader();

function judged(status: number, body: string | object, headers: Readonly<Record<string, string>> = {}) {
  const bytes = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
  return judge(new Response(null, { status, headers }), bytes, reader, now);
}

const failed = (message?: string) => ({ status: false, ...(message && { message }) });

t.test('an answer with data is the content', (t) => {
  const { from, outcome } = judged(200, { status: true, data: [{ id: 1 }], meta: { total: 1 } });
  t.equal(from, 'paystack');
  const { data, meta } = outcome as Payload;
  t.same(valueIn(data), [{ id: 1 }]);
  t.equal(data.items?.length, 1);
  t.same(meta, { total: 1 });
  for (const meta of [undefined, null, 'x', [1]]) {
    t.match(judged(200, { status: 'true', data: null, meta }), { from: 'paystack', outcome: { meta: {} } });
  }
  t.end();
});

t.test('a status that is false is a failure, whatever the number says', (t) => {
  const why = 'answered 200 with status false';
  t.strictSame(judged(200, { ...failed('No luck'), data: [] }).outcome, { why: `${why} (No luck)` });
  t.strictSame(judged(200, { status: 'false', data: [] }).outcome, { why });
  t.strictSame(judged(201, { status: true }).outcome, { why: 'answered 201 without data' });
  t.end();
});

t.test('a key is rejected by 401, or by its own words; a page with 401 is none of Paystack', (t) => {
  for (const body of ['', failed('x'), 'nothing', { some: 'thing' }]) {
    t.ok(judged(401, body).outcome instanceof KeyRejected);
  }
  for (const message of ['Invalid key', ' invalid KEY '])
    t.ok(judged(400, failed(message)).outcome instanceof KeyRejected);
  for (const message of ['Invalid keys', 'An invalid key'])
    t.ok(judged(400, failed(message)).outcome instanceof Refused);
  t.match(judged(401, failed('No key')), { from: 'paystack', outcome: { message: /\(No key\)/ } });
  t.match(judged(401, '<html>'), { from: 'elsewhere', outcome: { worth: doubtful } });
  t.notOk(judged(401, '<!DOCTYPE html>').outcome instanceof KeyRejected);
  t.end();
});

t.test('a refusal in the form of Paystack is one of Paystack', (t) => {
  for (const status of [400, 403, 404, 422]) {
    const { from, outcome } = judged(status, failed('No such thing'));
    t.equal(from, 'paystack');
    t.ok(outcome instanceof Refused);
    t.match(outcome, {
      status,
      isPaystacks: true,
      said: 'No such thing',
      message: `answered ${status} (No such thing)`,
    });
  }
  t.match(judged(400, failed()).outcome, { message: 'answered 400', said: '' });
  t.match(judged(400, { status: false, message: 7 }).outcome, { said: '' });
  t.equal((judged(400, failed('x'.repeat(300))).outcome as Refused).said.length, 200);
  t.end();
});

t.test('who is busy or unwell is Paystack or its host, and may be asked again', (t) => {
  for (const status of [408, 500, 503, 599]) {
    t.strictSame(judged(status, failed('Later')), { from: 'paystack', outcome: { why: `answered ${status} (Later)` } });
    t.strictSame(judged(status, ''), { from: 'host', outcome: { why: `answered ${status} with an empty body` } });
  }
  t.strictSame(judged(429, failed()).outcome, { why: 'answered 429', isOverQuota: true });
  t.equal(judged(499, '').from, 'elsewhere');
  t.end();
});

t.test('how long it asks to wait', (t) => {
  const waitOf = (status: number, headers: Readonly<Record<string, string>>) => {
    const { why: _, ...wait } = judged(status, failed(), headers).outcome as { why: string };
    return wait;
  };
  t.same(waitOf(503, { 'retry-after': '20' }), { askedWaitMs: 21_000 });
  t.same(waitOf(503, { 'retry-after': ' 20 ' }), { askedWaitMs: 21_000 });
  t.same(waitOf(429, { 'retry-after': '20', 'x-ratelimit-reset': '5' }), { askedWaitMs: 21_000 });
  t.same(waitOf(429, { 'retry-after': '-20' }), { askedWaitMs: 1000 });
  t.same(waitOf(429, { 'retry-after': 'soon', 'x-ratelimit-reset': '5' }), { askedWaitMs: 6000 });
  t.same(waitOf(429, { 'x-ratelimit-reset': '-5' }), { askedWaitMs: 1000 });
  t.same(waitOf(429, { 'x-ratelimit-reset': ' 5 ' }), { askedWaitMs: 6000 });
  t.same(waitOf(429, { 'x-ratelimit-reset': String(now / 1000 + 5) }), { askedWaitMs: 6000 });
  t.same(waitOf(429, { 'x-ratelimit-reset': '300' }), { askedWaitMs: 301_000 });
  for (const reset of ['301', 'soon', ' ']) t.same(waitOf(429, { 'x-ratelimit-reset': reset }), { isOverQuota: true });
  t.same(waitOf(503, { 'x-ratelimit-reset': '5' }), {});
  t.same(waitOf(503, { 'retry-after': 'soon' }), {});
  t.end();
});

const notPaystacks =
  'that is not from Paystack but from something on the way (firewall, bot wall, proxy, login page of a network): ' +
  'check setting api_url, the network of this machine, and HTTPS_PROXY';

t.test('what is not in the form of Paystack comes from elsewhere', (t) => {
  const why = 'answered 200 with a page of HTML';
  t.strictSame(judged(200, '<html>'), { from: 'elsewhere', outcome: { why, remedy: notPaystacks } });
  const { from, outcome } = judged(403, '<html>');
  t.equal(from, 'elsewhere');
  t.match(outcome, { why: 'answered 403 with a page of HTML', remedy: notPaystacks, worth: doubtful });
  t.match((outcome as { refusal: Refused }).refusal, {
    ...{ status: 403, isPaystacks: false, message: `answered 403 with a page of HTML: ${notPaystacks}` },
  });
  t.match(judged(400, '<html>').outcome, { worth: doubtful });
  t.same((judged(407, '<html>').outcome as { worth: unknown }).worth, hopeless);
  t.notOk('refusal' in judged(399, 'x').outcome);
  t.end();
});

t.test('what it is instead is named', (t) => {
  const named = (body: string) => (judged(200, body).outcome as { why: string }).why.replace('answered 200 with ', '');
  t.equal(named(''), 'an empty body');
  t.equal(named('error\n code:  1020 '), 'something else than Paystack\'s JSON ("error code: 1020")');
  t.equal(named('x'.repeat(80)), `something else than Paystack's JSON ("${'x'.repeat(80)}")`);
  t.equal(named('x'.repeat(81)), "something else than Paystack's JSON");
  for (const body of ['[]', '{}', '{"data":[]}', '{"status":tru']) {
    t.equal(named(body), `something else than Paystack's JSON ("${body}")`);
  }
  for (const page of ['<!DOCTYPE html>', '<!-- x -->', '<HTML>', '<head>', '<body>', '<?xml ?>', ' \n\uFEFF<html>']) {
    t.equal(named(page), 'a page of HTML', page);
  }
  for (const none of ['x<html>', '<p>', '<div>']) t.match(named(none), /^something else/);
  t.equal(named('<html><title lang="en"> Log \n in </title>'), 'a page of HTML ("Log in")');
  t.equal(named('<html><TITLE>Log in</TITLE>'), 'a page of HTML ("Log in")');
  t.equal(named('<html><title> </title>'), 'a page of HTML');
  t.equal(named(`<html><title>${'x'.repeat(150)}</title>`), `a page of HTML ("${'x'.repeat(80)}")`);
  t.equal(named(`${' '.repeat(199)}<html>`).startsWith('something else'), true, 'it is not looked for far behind');
  t.equal(named(`<html>${' '.repeat(10_000)}<title>Log in</title>`), 'a page of HTML');
  t.end();
});

t.test('a redirect is not followed', (t) => {
  const location = 'https://portal.test/login';
  const why = 'answered 302, a redirect to portal.test, which is not followed';
  const remedy = 'check setting api_url, and whether the login page of a network answers';
  const { from, outcome } = judged(302, { status: true, data: [] }, { location });
  t.equal(from, 'elsewhere');
  t.match(outcome, { why, remedy, worth: hopeless });
  t.match((outcome as { refusal: Refused }).refusal, { status: 302, message: `${why}: ${remedy}` });
  t.match(judged(300, '', { location: '/login' }).outcome, {
    why: 'answered 300, a redirect, which is not followed',
  });
  t.match(judged(302, '').outcome, { why: 'answered 302 with an empty body' });
  for (const status of [201, 400]) t.match(judged(status, '', { location }).outcome, { why: /with an empty body$/ });
  t.end();
});
