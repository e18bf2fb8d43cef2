/** In which words a failure is named, and whether another try makes sense. */
import t from 'tap';
import {
  EndlessList,
  EveryStreamRefused,
  KeyRejected,
  mayBeLacking,
  NoAnswer,
  Refused,
  Unreachable,
  WrongAnswer,
} from '../src/paystack/errors.ts';
import { type Failure, failureOf } from '../src/paystack/failure.ts';
import { ProxyRefusal } from '../src/paystack/proxy-refusal.ts';

const failing = (code: string, more: object = {}) => Object.assign(new Error(`it says ${code}`), { code, ...more });
const [hopeless, doubtful] = [
  { atFirst: 1, later: 5 },
  { atFirst: 5, later: 5 },
];
const mistaken = { atFirst: 5, later: Number.POSITIVE_INFINITY };
const checkNetwork =
  'check the network, firewall and proxy of this machine (HTTPS_PROXY, NO_PROXY), and setting api_url';
const interception =
  'if a proxy or firewall opens the encryption, set NODE_EXTRA_CA_CERTS to the file of its certificate authority';
const clock = 'check the clock of this machine, and what stands between';
const otherHost = 'check setting api_url, and whether the login page of a network answers';
const unsafe = 'could not be reached safely: its certificate';
const speakTls = 'check setting api_url and HTTPS_PROXY: what is asked by https must speak it';
const noTls = 'could not be reached: what answers does not speak TLS as it should';

const failures: readonly (readonly [unknown, Failure])[] = [
  [new WrongAnswer('answered nonsense'), { why: 'answered nonsense' }],
  [
    failing('ENOTFOUND', { hostname: 'api.nowhere', address: '1.2.3.4' }),
    {
      why: 'could not be reached: no host has the name api.nowhere (ENOTFOUND)',
      remedy: 'check setting api_url, HTTPS_PROXY, and the network and DNS of this machine',
      worth: mistaken,
    },
  ],
  [
    failing('EAI_AGAIN', { hostname: 'api.nowhere' }),
    {
      why: 'could not be reached: the name api.nowhere could not be looked up (EAI_AGAIN)',
      remedy: 'check the network and DNS of this machine',
    },
  ],
  [
    failing('ECONNREFUSED', { address: '1.2.3.4', port: 80 }),
    { why: 'could not be reached: 1.2.3.4:80 refuses the connection (ECONNREFUSED)', remedy: checkNetwork },
  ],
  [
    failing('ECONNREFUSED', { address: '1.2.3.4' }),
    { why: 'could not be reached: 1.2.3.4 refuses the connection (ECONNREFUSED)', remedy: checkNetwork },
  ],
  [
    failing('ECONNREFUSED'),
    { why: 'could not be reached: its host refuses the connection (ECONNREFUSED)', remedy: checkNetwork },
  ],
  [
    failing('HPE_HEADER_OVERFLOW'),
    { why: 'answered with more headers than can be read (HPE_HEADER_OVERFLOW)', remedy: checkNetwork },
  ],
  [failing('HPE_INVALID_X'), { why: 'sent something that is no HTTP (HPE_INVALID_X)', remedy: checkNetwork }],
  [failing('Z_DATA_ERROR'), { why: 'answered with something that cannot be unpacked (Z_DATA_ERROR)' }],
  [failing('EPROTO'), { why: `${noTls} (EPROTO)`, remedy: speakTls, worth: doubtful }],
  [failing('ERR_SSL_X'), { why: `${noTls} (ERR_SSL_X)`, remedy: speakTls, worth: doubtful }],
  ...['CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID'].map(
    (code) =>
      [
        failing(code),
        { why: `${unsafe} has expired or is not valid yet (${code})`, remedy: clock, worth: hopeless },
      ] as const,
  ),
  ...['ERR_TLS_CERT_ALTNAME_INVALID', 'HOSTNAME_MISMATCH'].map(
    (code) =>
      [failing(code), { why: `${unsafe} is for another host (${code})`, remedy: otherHost, worth: hopeless }] as const,
  ),
  ...['DEPTH_ZERO_SELF_SIGNED_CERT', 'UNABLE_TO_VERIFY', 'CERT_REVOKED', 'INVALID_CA', 'INVALID_PURPOSE'].map(
    (code) =>
      [failing(code), { why: `${unsafe} is not trusted (${code})`, remedy: interception, worth: hopeless }] as const,
  ),
  ...[
    'ECONNRESET',
    'XUNABLE_TO_VERIFY',
    'XINVALID_CA',
    'INVALID_CAX',
    'XINVALID_PURPOSE',
    'INVALID_PURPOSEX',
    'XZ_',
    'XHPE_',
    'X_ERR_SSL_',
  ].map(
    (code) => [failing(code), { why: `could not be reached or broke off (${code})`, remedy: checkNetwork }] as const,
  ),
  [new Error('x'.repeat(300)), { why: `could not be reached or broke off (${'x'.repeat(200)})`, remedy: checkNetwork }],
  ['gone', { why: 'could not be reached or broke off (gone)', remedy: checkNetwork }],
  [undefined, { why: 'could not be reached or broke off (undefined)', remedy: checkNetwork }],
  [
    new TypeError('fetch failed', { cause: failing('ECONNREFUSED', { address: '::1', port: 1 }) }),
    { why: 'could not be reached: ::1:1 refuses the connection (ECONNREFUSED)', remedy: checkNetwork },
  ],
  [
    new TypeError('outer', { cause: new Error('inner') }),
    { why: 'could not be reached or broke off (inner)', remedy: checkNetwork },
  ],
  [
    Object.assign(new AggregateError([failing('ECONNREFUSED', { address: '::1' }), failing('EPROTO')]), { code: 'X' }),
    { why: 'could not be reached: ::1 refuses the connection (ECONNREFUSED)', remedy: checkNetwork },
  ],
  [
    Object.assign(new AggregateError([], 'all of none'), { code: 'ECONNRESET' }),
    { why: 'could not be reached or broke off (ECONNRESET)', remedy: checkNetwork },
  ],
  [
    new ProxyRefusal(407),
    {
      why: 'could not be reached: the proxy answered 407',
      remedy: 'set the user and password that it wants in HTTPS_PROXY (http://user:password@host:port)',
      worth: hopeless,
    },
  ],
  ...[403, 499].map((status) => [new ProxyRefusal(status), { ...proxied(status), worth: hopeless }] as const),
  ...[500, 502].map((status) => [new ProxyRefusal(status), proxied(status)] as const),
];

function proxied(status: number): Failure {
  const remedy = 'have the proxy (HTTPS_PROXY) let this machine through to it, or name its host in NO_PROXY';
  return { why: `could not be reached: the proxy answered ${status}`, remedy };
}

for (const [error, expected] of failures) {
  t.test(`named: ${expected.why.slice(0, 100)}`, (t) => {
    t.strictSame(failureOf(error), expected);
    t.end();
  });
}

t.test('a key that is rejected is said to be, with the words of Paystack if it has any', (t) => {
  t.match(new KeyRejected('no such key').message, /^Paystack rejected the secret key \(no such key\): check setting/);
  t.match(new KeyRejected().message, /^Paystack rejected the secret key: check setting secret_key .* whitelist, /);
  t.match(new KeyRejected(), { name: 'KeyRejected', remedy: 'end the run' });
  t.end();
});

t.test('each error has its name, and says what to do about it', (t) => {
  t.match(
    [
      new Unreachable('x'),
      new Refused(400, 'x'),
      new WrongAnswer('x'),
      new NoAnswer('x'),
      new EndlessList('x'),
      new EveryStreamRefused([{ stream: 'a', why: 'x' }]),
    ],
    [
      { name: /^Unreachable$/, remedy: /^end the run$/ },
      { name: /^Refused$/, remedy: /^end the stream$/ },
      { name: /^WrongAnswer$/, remedy: /^ask again$/ },
      { name: /^NoAnswer$/, remedy: /^end the stream$/ },
      { name: /^EndlessList$/, remedy: /^end the stream$/ },
      { name: /^EveryStreamRefused$/, remedy: /^end the run$/ },
    ],
  );
  t.end();
});

t.test('where every stream was refused, the first refusal is quoted, and others counted', (t) => {
  const messageOf = (...whys: readonly string[]) =>
    new EveryStreamRefused(whys.map((why, nth) => ({ stream: `stream${nth}`, why }))).message;
  const check = "Check the key's list of allowed addresses, whether the business is active, and setting api_url";
  t.equal(messageOf('said a'), `Paystack refused stream0: it said a; nothing was read. ${check}`);
  t.equal(messageOf('said a', 'said a'), `Paystack refused all 2 streams: it said a; nothing was read. ${check}`);
  t.match(messageOf('said a', 'said b'), /it said a, and gave 1 other answer; nothing/);
  t.match(
    messageOf('said a', 'said b', 'said c', 'said a'),
    /all 4 streams: it said a, and gave 2 other answers; nothing/,
  );
  t.end();
});

t.test('a refusal of Paystack may mean that the integration lacks an optional feature', (t) => {
  const refusal = (status: number, isPaystacks = true) => new Refused(status, 'refused', { isPaystacks });
  for (const status of [400, 403, 404, 422]) {
    t.ok(mayBeLacking(refusal(status), { optional: true }));
    t.notOk(mayBeLacking(refusal(status), {}));
    t.notOk(mayBeLacking(refusal(status, false), { optional: true }));
  }
  t.notOk(mayBeLacking(refusal(405), { optional: true }));
  t.notOk(mayBeLacking(new WrongAnswer('x'), { optional: true }));
  t.match(new Refused(400, 'why'), { status: 400, isPaystacks: false, said: '', message: 'why' });
  t.end();
});
