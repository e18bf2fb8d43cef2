/** Ways in which the answers of a hostile Paystack are wrong, to be put together. */
import type { Asked, Bend } from './hostile-paystack.ts';

export type When = (asked: Asked) => boolean;

/** `meta.total` is what is made of the honest one. */
export function total(of: (honest: number, asked: Asked) => unknown): Bend {
  return (answer, asked) => {
    if (answer.status !== 200 || answer.meta === undefined) return answer;
    return { ...answer, meta: { ...answer.meta, total: of(answer.selected, asked) } };
  };
}

/** `meta` has no total. */
export const noTotal: Bend = (answer) => {
  const { total: _, pageCount: __, ...meta } = answer.meta ?? {};
  return { ...answer, meta: answer.meta && meta };
};

export const noMeta: Bend = (answer) => ({ ...answer, meta: undefined });

/** A refusal in Paystack's own form. */
export function refused(status: number, message: string, when: When = () => true): Bend {
  return (answer, asked) => (when(asked) ? { ...answer, status, message, rows: [], meta: undefined } : answer);
}

/** An answer as if nothing were there. */
export function emptied(when: When): Bend {
  return (answer, asked) => {
    if (!when(asked) || answer.status !== 200) return answer;
    return { ...answer, rows: [], meta: answer.meta && { ...answer.meta, total: 0, pageCount: 0 } };
  };
}

/** A page has fewer rows than it should: those that pass are left. */
export function thinned(keep: (row: { id: number }) => boolean): Bend {
  return (answer) => ({ ...answer, rows: answer.rows.filter(keep) });
}

/** The page that is asked for first, whatever its range. */
export const first: When = ({ nth }) => nth === 1;

/** Every page deeper than one. */
export function deeperThan(page: number): When {
  return (asked) => asked.page > page;
}

export function withParameter(...names: readonly string[]): When {
  return ({ query }) => names.some((name) => name in query);
}

/** A refusal that is not Paystack's. */
export function refusedByOthers(status: number, when: When = () => true): Bend {
  const body = '<!DOCTYPE html><html><head><title>Attention Required!</title></head><body></body></html>';
  return (answer, asked) => (when(asked) ? { ...answer, status, body } : answer);
}

/** The same, but no more than once. */
export function once(when: When): When {
  let isOver = false;
  return (asked) => {
    if (isOver || !when(asked)) return false;
    isOver = true;
    return true;
  };
}
