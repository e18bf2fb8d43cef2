/** Finds where a text stops being JSON, and guesses the usual cause. The text itself is never shown. */

export interface JsonMistake {
  /** From 1. */
  readonly line: number;
  readonly column: number;
  /** The probable cause, and what to do about it. */
  readonly cause: string;
}

/** One token of JSON, with the white space before it. */
const tokenForm =
  /[ \t\n\r]*(?:([{}[\]:,])|("(?:[^"\\\p{Cc}]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*")|(-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])|(?:true|false|null)\b))/u;

type Awaited = 'value' | 'value or ]' | 'name' | 'name or }' | ':' | ', or end' | 'nothing';

/** @param text one that `JSON.parse` does not take */
export function jsonMistakeIn(text: string): JsonMistake {
  const { at, awaited } = firstWrong(text);
  const before = text.slice(0, at).split('\n');
  return { line: before.length, column: before.at(-1)!.length + 1, cause: causeOf(text, at, awaited) };
}

/** Where the text stops being JSON, and what could have stood there. */
function firstWrong(text: string): { at: number; awaited: Awaited } {
  const open: string[] = [];
  const token = new RegExp(tokenForm, 'uy');
  let awaited: Awaited = 'value';
  for (;;) {
    const from = token.lastIndex;
    const found = token.exec(text);
    const at = from + /^[ \t\n\r]*/.exec(text.slice(from))![0].length;
    if (found === null) return { at, awaited };
    const [, mark, string, other] = found;
    const next = follow(awaited, mark ?? (string === undefined ? other! : '"'), open);
    if (next === undefined) return { at, awaited };
    awaited = next;
  }
}

/** What is awaited after a token; undefined if it may not stand there. */
function follow(awaited: Awaited, what: string, open: string[]): Awaited | undefined {
  const after = (): Awaited => (open.length === 0 ? 'nothing' : ', or end');
  const closes = what === (open.at(-1) === '{' ? '}' : ']') && open.length > 0;
  if (closes && [', or end', what === '}' ? 'name or }' : 'value or ]'].includes(awaited)) {
    open.pop();
    return after();
  }
  if (awaited === ', or end') return what === ',' ? (open.at(-1) === '{' ? 'name' : 'value') : undefined;
  if (awaited === ':') return what === ':' ? 'value' : undefined;
  if (awaited === 'name' || awaited === 'name or }') return what === '"' ? ':' : undefined;
  if (awaited === 'nothing' || '}],:'.includes(what)) return undefined;
  if (what !== '{' && what !== '[') return after();
  open.push(what);
  return what === '{' ? 'name or }' : 'value or ]';
}

function causeOf(text: string, at: number, awaited: Awaited): string {
  const rest = text.slice(at);
  const starts = (pattern: RegExp) => pattern.test(rest);
  if (text.includes('\0') || text.startsWith('\uFFFD')) return 'it is not saved as UTF-8';
  if (starts(/^(?:\/\/|\/\*)/)) return 'JSON has no comments';
  if (isAtBeginning(text, at)) {
    if (starts(/^(?:export\s+)?\w+=/))
      return 'it is a .env file: put its variables into the environment, and use --config ENV';
    if (starts(/^(?:---|#|[\w-]+:(?:\s|$))/)) return 'it looks like YAML; JSON is {"name": "value"}';
    if (starts(/^</)) return 'it looks like HTML or XML';
  }
  if (starts(/^\s/)) return 'it is a space that JSON does not know, perhaps copied from a page: replace it';
  if (starts(/^#/)) return 'JSON has no comments';
  if (awaited === ':') return 'a colon is missing before it';
  if (starts(/^['“”‘’«]/)) return 'names and texts stand in double quotes: "…"';
  if (starts(/^(?:True|False|None)\b/)) return 'it looks like Python; JSON has true, false and null';
  if (starts(/^(?:NaN|-?Infinity|undefined)\b/)) return 'JSON has no such value; null is the one for nothing';
  if (starts(/^[}\]]/) && /,\s*$/.test(text.slice(0, at))) return 'remove the comma before it';
  if (rest === '') return 'it ends too early: was it written whole?';
  if (starts(/^[-+.\d]/) && awaited.startsWith('value'))
    return 'a number is written like 12 or 0.5; a date stands in double quotes';
  if (awaited === ', or end' && starts(/^[-:/.\w]/) && /\w$/.test(text.slice(0, at)))
    return 'a date or another text stands in double quotes';
  if (awaited === ', or end') return 'is a comma missing before it?';
  if (starts(/^"/))
    return 'a text is not ended, or has a line break or a backslash in it (\\n and \\\\ stand for them)';
  if (starts(/^[\w-]/)) return 'names and texts stand in double quotes: "…"';
  return awaited === 'nothing' ? 'there is something behind the end' : 'mend it';
}

function isAtBeginning(text: string, at: number): boolean {
  return text.slice(0, at).trim() === '';
}
