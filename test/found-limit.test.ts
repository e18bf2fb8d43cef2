/** The limit of an endpoint that refuses without a word: how it is found, lowered, raised and dropped. */
import t from 'tap';
import { grant, newTrial, refuse, type Trial } from '../src/paystack/found-limit.ts';

const assumed = { requests: 600, perMs: 60_000 };

/** So many requests were granted before a refusal, one every so often; the next one is granted afterwards. */
function found(requests: number, everyMs: number): Trial {
  const trial = newTrial();
  const granted = Array.from({ length: requests }, (_, nth) => nth * everyMs);
  const refusedAt = requests * everyMs;
  refuse(trial, refusedAt - 1, refusedAt, granted);
  grant(trial, refusedAt + 1, refusedAt + 1, assumed);
  return trial;
}

t.test('each refusal of its own doubles the pause, up to half a minute', (t) => {
  const trial = newTrial();
  for (const [nth, pauseMs] of [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000].entries()) {
    const now = nth * 100_000;
    t.equal(refuse(trial, now, now + 10, []), pauseMs);
    t.equal(refuse(trial, now + 10, now + 110, []), pauseMs - 100, 'one that was in flight counts to it');
  }
  t.equal(trial.refusals, 8);
  t.end();
});

t.test('the limit is what was granted since the first request before the refusal', (t) => {
  t.same(found(10, 2000).limit, { requests: 10, perMs: 20_001 });
  t.same(found(10, 50).limit, { requests: 10, perMs: 1000 }, 'over a second at least');
  t.same(found(100, 2000).limit, { requests: 100, perMs: 120_000 }, 'over two minutes at most');
  const trial = newTrial();
  refuse(trial, 5000, 6000, []);
  refuse(trial, 7000, 8000, [6500]);
  grant(trial, 9000, 10_000, assumed);
  t.same(trial.limit, { requests: 1, perMs: 5000 }, 'nothing was granted before');
  t.end();
});

t.test('what was on its way at the refusal does not end the trial', (t) => {
  const trial = newTrial();
  refuse(trial, 900, 1000, [0]);
  grant(trial, 1000, 1100, assumed);
  t.equal(trial.refusals, 1);
  t.equal(trial.limit, undefined);
  grant(trial, 1001, 1100, assumed);
  t.equal(trial.refusals, 0);
  t.ok(trial.limit);
  t.end();
});

t.test('without a refusal nothing is found', (t) => {
  const trial = newTrial();
  grant(trial, 1000, 200_000, assumed);
  t.equal(trial.limit, undefined);
  t.end();
});

t.test('a further refusal lowers the limit by a tenth, or to what was granted in its time', (t) => {
  const trial = found(100, 100);
  t.match(trial.limit, { requests: 100, perMs: 10_001 });
  const granted = Array.from({ length: 120 }, (_, nth) => 10_100 + nth * 100);
  refuse(trial, 22_000, 22_100, granted);
  t.match(trial.limit, { requests: 90, perMs: 10_001 });
  t.equal(trial.changedAt, 22_100);
  refuse(trial, 22_200, 22_300, granted);
  t.match(trial.limit, { requests: 90 }, 'once for all that follow without a grant');
  grant(trial, 23_000, 23_100, assumed);
  t.match(trial.limit, { requests: 90 });
  refuse(trial, 40_000, 40_001, [29_999, 30_000, 30_001, 35_000, 39_000]);
  t.match(trial.limit, { requests: 3 }, 'three lie in it');
  grant(trial, 40_002, 40_003, assumed);
  refuse(trial, 60_000, 60_001, []);
  t.match(trial.limit, { requests: 1 }, 'one at least');
  t.end();
});

t.test('each stretch without a refusal raises it a little', (t) => {
  const trial = found(40, 500);
  const { changedAt } = trial;
  grant(trial, 0, changedAt + 20_000, assumed);
  t.match(trial.limit, { requests: 40, perMs: 20_001 });
  grant(trial, 0, changedAt + 20_001, assumed);
  t.match(trial.limit, { requests: 42, perMs: 20_001 });
  grant(trial, 0, changedAt + 40_001, assumed);
  t.match(trial.limit, { requests: 42 });
  grant(trial, 0, changedAt + 40_002, assumed);
  t.match(trial.limit, { requests: 44 });
  const small = found(3, 10_000);
  grant(small, 0, small.changedAt + 30_001, assumed);
  t.match(small.limit, { requests: 4 }, 'by one at least');
  t.end();
});

t.test('once it is as high as what is assumed, it is dropped', (t) => {
  const trial = found(100, 200);
  t.same(trial.limit, { requests: 100, perMs: 20_001 });
  grant(trial, 0, trial.changedAt + 20_001, { requests: 105, perMs: 20_000 });
  t.match(trial.limit, { requests: 105 });
  grant(trial, 0, trial.changedAt + 20_001, { requests: 110 * 3, perMs: 20_001 * 3 });
  t.equal(trial.limit, undefined);
  t.end();
});
