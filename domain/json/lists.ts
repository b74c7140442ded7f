import { Fault } from '../fault.ts';
import { type CutValue, createValueCutter, isBlank, type ValueLimits } from './cutter.ts';

/** An item of a list by its place from 0, or what it has too much of; or any other field of the body, one of a list's name that is none among them. */
export type JsonPart =
  | { list: string; index: number; value: unknown }
  | { list: string; index: number; excess: keyof ValueLimits }
  | { field: string; value: unknown };

/** Reads a body as it comes in: `push` returns the parts that its bytes completed, `end` throws when the body has not ended. */
export type JsonListReader = {
  push(bytes: Buffer): JsonPart[];
  end(): void;
  /** Names of the lists that have begun. */
  readonly begun: ReadonlySet<string>;
};

/** Fields of a body; ours have two. */
const MOST_FIELDS = 50;
const OPEN_LIST = 0x5b;
const UTF_8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

type State = 'start' | 'first key' | 'key' | 'colon' | 'value' | 'more' | 'first item' | 'item' | 'more items' | 'done';
/** Which byte between values leads from where to where. A byte order mark (EF BB BF) may come first. */
const STEPS: Readonly<Record<State, Readonly<Record<string, State>>>> = {
  start: { '{': 'first key', '\xef': 'start', '\xbb': 'start', '\xbf': 'start' },
  'first key': { '}': 'done' },
  key: {},
  colon: { ':': 'value' },
  value: {},
  more: { ',': 'key', '}': 'done' },
  'first item': { ']': 'more' },
  item: {},
  'more items': { ',': 'item', ']': 'more' },
  done: {},
};
/** Where a value is expected, and what follows it. */
const AFTER: Readonly<Partial<Record<State, State>>> = {
  'first key': 'colon',
  key: 'colon',
  value: 'more',
  'first item': 'more items',
  item: 'more items',
};

/**
 * A reader of `{"<list>": [item, …], …}` (RFC 8259) whose lists have the given names. Each item is cut out, and nothing is made of one that has more than
 * `limits` allow; how many may come is for the caller to count. `push` and `end` throw Fault: INVALID_ARGUMENT for what is no such JSON,
 * PAYLOAD_TOO_LARGE for too many or too large other fields.
 */
export function createJsonListReader(lists: readonly string[], limits: ValueLimits): JsonListReader {
  const cutter = createValueCutter(limits);
  const begun = new Set<string>();
  let state: State = 'start';
  let inValue = false;
  let key = '';
  let fields = 0;
  let index = 0;
  let parts: JsonPart[] = [];

  function step(byte: number): void {
    const next = STEPS[state][String.fromCharCode(byte)];
    if (next === undefined) throw broken();
    state = next;
  }
  function beginList(): void {
    if (begun.has(key)) throw new Fault('INVALID_ARGUMENT', `“${key}” stands twice in the body; send it once.`);
    begun.add(key);
    index = 0;
    state = 'first item';
  }
  function take(value: CutValue): void {
    if (state === 'first item' || state === 'item')
      parts.push(
        typeof value === 'string' ? { list: key, index, excess: value } : { list: key, index, value: parse(value) },
      );
    else if (typeof value === 'string') throw tooLarge();
    else if (state === 'value') parts.push({ field: key, value: parse(value) });
    else takeKey(parse(value));
    index += 1;
    state = AFTER[state] ?? 'done';
  }
  function takeKey(name: unknown): void {
    fields += 1;
    if (fields > MOST_FIELDS) throw tooLarge();
    if (typeof name !== 'string') throw broken();
    key = name;
  }
  function next(bytes: Buffer, at: number): number {
    const byte = bytes[at] as number;
    if (!inValue) {
      if (isBlank(byte)) return at + 1;
      if (state === 'value' && byte === OPEN_LIST && lists.includes(key)) {
        beginList();
        return at + 1;
      }
      if (AFTER[state] === undefined || STEPS[state][String.fromCharCode(byte)] !== undefined) {
        step(byte);
        return at + 1;
      }
    }
    const cut = cutter.push(bytes, at);
    inValue = cut === undefined;
    if (cut === undefined) return bytes.length;
    take(cut.value);
    return cut.end;
  }
  return {
    begun,
    push(bytes) {
      for (let at = 0; at < bytes.length; ) at = next(bytes, at);
      const ready = parts;
      parts = [];
      return ready;
    },
    end() {
      if (state !== 'done') throw broken();
    },
  };
}

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(UTF_8.decode(bytes));
  } catch (err) {
    if (err instanceof SyntaxError) throw broken();
    throw new Fault('INVALID_ARGUMENT', 'The body is not in UTF-8, as JSON must be.');
  }
}

function broken(): Fault {
  return new Fault('INVALID_ARGUMENT', 'The body is not valid; send well-formed JSON, a whole object.');
}

function tooLarge(): Fault {
  return new Fault('PAYLOAD_TOO_LARGE', 'A field of the body is larger than any that is taken, or there are too many.');
}
