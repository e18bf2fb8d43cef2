/** Counts the misfits of a run, by stream, field and type. Values are never kept. */
import type { Misfit } from './record-edit.ts';

export interface Drift {
  readonly stream: string;
  /** `customer.new_field`, `log.history[].time` */
  readonly field: string;
  /** JSON type of what came. */
  readonly type: string;
  readonly count: number;
}

/** Kinds of drift that are counted separately. Fields named by data (ids as names, say) must not fill the memory. */
const maxKinds = 1000;

/** All further kinds are counted together, as this one. */
const others = { field: '*', type: 'other kinds' };

export interface DriftReport {
  count(stream: string, misfit: Misfit): void;
  /** In the order in which they were first seen. */
  kinds(): Drift[];
}

export function createDriftReport(): DriftReport {
  const counts = new Map<string, { stream: string; field: string; type: string; count: number }>();
  const count = (stream: string, { path: field, type }: Misfit) => {
    const key = `${stream}\0${field}\0${type}`;
    const drift = counts.get(key);
    if (drift !== undefined) drift.count++;
    else if (counts.size < maxKinds || field === others.field) counts.set(key, { stream, field, type, count: 1 });
    else count(stream, { path: others.field, type: others.type });
  };
  return { count, kinds: () => [...counts.values()] };
}
