/** What Paystack sent that the schemas do not foresee, counted. Names and types, never a value. */
import type { Misfit } from './columns.ts';

export interface Drift {
  readonly stream: string;
  /** `customer.new_field`, `log.history[].time` */
  readonly field: string;
  /** JSON type of what came. */
  readonly type: string;
  readonly count: number;
}

/** Kinds of drift that are told apart in one run. Fields named by data (ids as names, say) must not fill the memory. */
const maxKinds = 1000;

export interface DriftReport {
  count(stream: string, misfit: Misfit): void;
  /** In the order in which they were first seen. */
  kinds(): Drift[];
}

export function createDriftReport(): DriftReport {
  const counts = new Map<string, { stream: string; field: string; type: string; count: number }>();
  return {
    count: (stream, { path: field, type }) => {
      const key = `${stream}\0${field}\0${type}`;
      const drift = counts.get(key);
      if (drift !== undefined) drift.count++;
      else if (counts.size < maxKinds) counts.set(key, { stream, field, type, count: 1 });
    },
    kinds: () => [...counts.values()],
  };
}
