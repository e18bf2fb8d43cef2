// Stands in for tap while changes are tried, which takes a third of a second to load: the first failure ends the trial. It has
// of tap what the tests use. What is missing shows at once, as the tests must pass before a change is tried.
import { match, same, strict } from 'tcompare';

function expect(holds, what) {
  if (!holds) throw new Error(what);
}

class Test {
  #children = Promise.resolve();
  #teardowns = [];

  test(name, ...rest) {
    this.#children = this.#children.then(() => new Test().run(name, rest.at(-1)));
    this.#children.catch(() => {});
    return this.#children;
  }

  async run(name, body) {
    try {
      await body(this);
      await this.#children;
    } catch (error) {
      throw new Error(name, { cause: error });
    } finally {
      for (const teardown of this.#teardowns.reverse()) await teardown();
    }
  }

  ended = () => this.#children;
  teardown = (undo) => this.#teardowns.push(undo);
  end = () => {};
  pass = () => {};
  fail = (what) => expect(false, what);
  ok = (value, what = 'ok') => expect(value, what);
  notOk = (value, what = 'notOk') => expect(!value, what);
  not = (value, unwanted) => expect(value !== unwanted, 'not');
  equal = (value, wanted) => expect(value === wanted, `${value} for ${wanted}`);
  same = (value, wanted) => expectAlike(same(value, wanted));
  strictSame = (value, wanted) => expectAlike(strict(value, wanted));
  match = (value, wanted) => expectAlike(match(value, wanted));
  notMatch = (value, unwanted) => expect(!match(value, unwanted).match, 'notMatch');
  notSame = (value, unwanted) => expect(!same(value, unwanted).match, 'notSame');
  doesNotThrow = (act) => void act();

  throws = (act, wanted) => {
    try {
      act();
    } catch (error) {
      return expectError(error, wanted);
    }
    throw new Error('it did not throw');
  };

  rejects = (act, wanted) => {
    const promise = typeof act === 'function' ? act() : act;
    return promise.then(
      () => expect(false, 'it did not reject'),
      (error) => expectError(error, wanted),
    );
  };
}

function expectAlike({ match, diff }) {
  expect(match, diff);
}

function expectError(error, wanted) {
  if (wanted instanceof RegExp) expect(wanted.test(error.message), error.message);
  else if (typeof wanted === 'object') expectAlike(match(error, wanted));
}

const root = new Test();
export const test = (...args) => root.test(...args);
export const ended = () => root.ended();
// biome-ignore lint/style/noDefaultExport: as tap has it
export default root;
