/**
 * The last version of each record of a stream that was written, reduced to what a receipt sums.
 *
 * Arrays of numbers, one place a key, since there may be millions: a million transactions take about 100 MB, nearly
 * all of it the keys (measured). An amount that a double cannot carry is held apart.
 */
export interface KeyTable {
  /** False if there is no more room for a new key: then the table is not what was written. */
  put(key: string, version: Version): boolean;
  versions(): Iterable<readonly [string, Version]>;
}

export interface Version {
  /** Milliseconds since 1970; NaN if the record has no such date. */
  readonly created: number;
  /** JSON text. */
  readonly currency: string;
  /** Digits; undefined for null. */
  readonly amounts: readonly (bigint | undefined)[];
}

/** A Map takes 2 ** 24. */
const mostKeys = 16_000_000;

/** Three letters each, as documented: far more than there are. A stranger to that is no reason to fill the memory. */
const mostCurrencies = 10_000;

/**
 * @param width amounts of a record
 * @param most keys that it has room for
 */
export function createKeyTable(width: number, most = mostKeys): KeyTable {
  const places = new Map<string, number>();
  const currencies = new Map<string, number>();
  /** Amounts by their place, where a double would change them. */
  const large = new Map<number, bigint>();
  let room = 1024;
  let created = new Float64Array(room);
  let currency = new Uint16Array(room);
  let amounts = new Float64Array(room * width);

  function grow(): void {
    room *= 2;
    created = copied(created, new Float64Array(room));
    currency = copied(currency, new Uint16Array(room));
    amounts = copied(amounts, new Float64Array(room * width));
  }

  function putAmount(at: number, amount: bigint | undefined): void {
    const number = Number(amount);
    amounts[at] = number;
    if (amount === undefined || Number.isSafeInteger(number)) large.delete(at);
    else large.set(at, amount);
  }

  function amountAt(at: number): bigint | undefined {
    const number = amounts[at]!;
    return Number.isNaN(number) ? undefined : (large.get(at) ?? BigInt(number));
  }

  return {
    put(key, version) {
      const place = places.get(key) ?? places.size;
      const unit = currencies.get(version.currency) ?? currencies.size;
      if (place >= most || unit >= mostCurrencies) return false;
      if (place === room) grow();
      places.set(key, place);
      currencies.set(version.currency, unit);
      created[place] = version.created;
      currency[place] = unit;
      for (let index = 0; index < width; index++) putAmount(place * width + index, version.amounts[index]);
      return true;
    },
    *versions() {
      const names = [...currencies.keys()];
      for (const [key, place] of places) {
        const from = place * width;
        const own = Array.from({ length: width }, (_, index) => amountAt(from + index));
        yield [key, { created: created[place]!, currency: names[currency[place]!]!, amounts: own }];
      }
    },
  };
}

function copied<Numbers extends Float64Array | Uint16Array>(from: Numbers, to: Numbers): Numbers {
  to.set(from);
  return to;
}
