import type { Redis } from '../../runtime/redis/redis.ts';
import type { Batch } from './partitions.ts';
import { bothOf, type Call, type Evaluates, evaluate, oneCall, type Text, textOf, type Words } from './script-call.ts';

/** What a script is told. A number is written out; undefined is the empty text. */
export type ScriptValue = string | number | Buffer | undefined;

/** Lua that several scripts use, with the keys and arguments that it speaks of. */
export type LuaPart<Key extends string = string, Arg extends string = string> = {
  keys: readonly Key[];
  args: readonly Arg[];
  lua: string;
  uses: readonly LuaPart[];
};

type PartSpec<Key extends string, Arg extends string, UsedKey extends string, UsedArg extends string> = {
  /**
   * What the Lua calls by its functions. Each part stands in a script once, and gets its own keys
   * and arguments.
   */
  uses?: readonly LuaPart<UsedKey, UsedArg>[];
  keys?: readonly Key[];
  args?: readonly Arg[];
  lua: string;
};

/**
 * Defines Lua functions that scripts share: `keys` and `args` name locals that are there before it,
 * as in `defineScript`. A script that uses it has to be given them.
 */
export function defineLua<
  const Key extends string = never,
  const Arg extends string = never,
  const UsedKey extends string = never,
  const UsedArg extends string = never,
>(spec: PartSpec<Key, Arg, UsedKey, UsedArg>): LuaPart<Key | UsedKey, Arg | UsedArg> {
  const { uses = [], keys = [], args = [], lua } = spec;
  return {
    keys: [...keys, ...uses.flatMap((part) => part.keys)],
    args: [...args, ...uses.flatMap((part) => part.args)],
    lua,
    uses,
  };
}

type ScriptSpec<
  Key extends string,
  Arg extends string,
  List extends string,
  KeyList extends string,
  UsedKey extends string,
  UsedArg extends string,
  Reply,
> = PartSpec<Key, Arg, UsedKey, UsedArg> & {
  /** Arguments of any number: each is a table in Lua. */
  lists?: readonly List[];
  /** Keys of any number, after the others: a table in Lua. */
  keyList?: KeyList;
  /** Reads what the script returns; what is left out is of no interest. */
  reply?: (reply: unknown) => Reply;
};

type KeysOf<Key extends string, KeyList extends string> = Record<Key, string> & Record<KeyList, readonly string[]>;
type ArgsOf<Arg extends string, List extends string> = Record<Arg, ScriptValue> & Record<List, readonly ScriptValue[]>;

/** Lua that Redis runs as one step: nobody else's command comes between. */
export type Script<Keys, Args, Reply> = {
  run(redis: Evaluates, keys: Keys, args: Args): Promise<Reply>;
  /**
   * As `run`; with `along` in one step with its call, which is left out where this one fails or answers
   * false, and whose own error undoes nothing and is told by `written` alone.
   */
  runWith(along: Along | undefined, redis: Redis, keys: Keys, args: Args): Promise<Reply>;
  /** As one command of a batch, whose replies are as Redis gives them. */
  add(batch: Batch, keys: Keys, args: Args): void;
  /** What another script may take along. */
  call(keys: Keys, args: Args): Call;
};

/** A call that is to be one step with a script. `written`: afterwards, whether it has not failed. */
export type Along = { call: Call; written: boolean };

/**
 * Defines a script whose keys and arguments are locals with these names. All keys of a call share a
 * hash tag. No Redis has to know it beforehand: it goes by its name (EVALSHA), and by its text
 * (EVAL) to a Redis that does not know it, or within a batch.
 * @throws Error for a name that Lua cannot have, and for Lua that counts keys or arguments instead
 * of naming them
 */
export function defineScript<
  const Key extends string = never,
  const Arg extends string = never,
  const List extends string = never,
  const KeyList extends string = never,
  const UsedKey extends string = never,
  const UsedArg extends string = never,
  Reply = void,
>(
  spec: ScriptSpec<Key, Arg, List, KeyList, UsedKey, UsedArg, Reply>,
): Script<KeysOf<Key | UsedKey, KeyList>, ArgsOf<Arg | UsedArg, List>, Reply> {
  const { lists = [], keyList, reply = () => undefined as Reply } = spec;
  const part = defineLua(spec);
  const [keyNames, argNames] = [[...new Set(part.keys)], [...new Set(part.args)]];
  const source = [declare(keyNames, argNames, lists, keyList), ...inOrder(part).map(({ lua }) => lua)].join('\n');
  requireNames([...keyNames, ...argNames, ...lists, ...(keyList === undefined ? [] : [keyList])], inOrder(part));
  const text = textOf(source);
  /** This one with another, by that one's text. */
  const withOthers = new Map<Text, Text>();

  type Keys = KeysOf<Key | UsedKey, KeyList>;
  type Args = ArgsOf<Arg | UsedArg, List>;
  function words(keys: Keys, args: Args): Words {
    const more: readonly string[] = keyList === undefined ? [] : keys[keyList];
    const told: ScriptValue[] = argNames.map((name) => args[name]);
    for (const name of lists) {
      told.push(args[name].length);
      for (const value of args[name]) told.push(value);
    }
    // The library takes bytes as well as texts; its types name one of them.
    return { keys: [...keyNames.map((name) => keys[name]), ...more], arguments: told.map(toWord) as string[] };
  }

  function call(keys: Keys, args: Args): Call {
    return { text, ...words(keys, args) };
  }

  async function run(redis: Evaluates, keys: Keys, args: Args): Promise<Reply> {
    return reply(await evaluate(redis, call(keys, args)));
  }

  function add(batch: Batch, keys: Keys, args: Args): void {
    batch.eval(source, words(keys, args));
  }

  async function runWith(along: Along | undefined, redis: Redis, keys: Keys, args: Args): Promise<Reply> {
    if (!along) return run(redis, keys, args);
    const other = along.call.text;
    const both = withOthers.get(other) ?? textOf(bothOf(source, other.source));
    withOthers.set(other, both);
    const answer = await evaluate(redis, oneCall(both, call(keys, args), along.call));
    if (answer === null) return reply(answer);
    const [written, own] = answer as [number, unknown];
    along.written = written === 1;
    return reply(own);
  }

  return { run, runWith, add, call };
}

/** A reply of 1. */
export function asYes(reply: unknown): boolean {
  return reply === 1;
}

/** A reply of many, each as that of `asYes`. */
export function asYesEach(reply: unknown): boolean[] {
  return (reply as number[]).map(asYes);
}

/** A reply that is one of these words, or of another shape that the script alone knows. */
export function as<Reply>(reply: unknown): Reply {
  return reply as Reply;
}

/** A hash as a script returns it (HGETALL): fields and values in turn. */
export function toFields(reply: readonly string[]): Record<string, string> {
  const fields: Record<string, string> = Object.create(null);
  for (let i = 0; i + 1 < reply.length; i += 2) fields[reply[i] as string] = reply[i + 1] as string;
  return fields;
}

function toWord(value: ScriptValue): string | Buffer {
  return typeof value === 'string' || value instanceof Buffer ? value : `${value ?? ''}`;
}

/** The parts, each once, and after those that it uses. */
function inOrder(part: LuaPart): LuaPart[] {
  return [...new Set([...part.uses.flatMap(inOrder), part])];
}

/** Lua that gives keys and arguments their names. A list stands after its length. */
function declare(
  keyNames: readonly string[],
  argNames: readonly string[],
  lists: readonly string[],
  keyList: string | undefined,
): string {
  const lines = [
    ...keyNames.map((name, i) => `local ${name} = KEYS[${i + 1}]`),
    ...argNames.map((name, i) => `local ${name} = ARGV[${i + 1}]`),
  ];
  if (keyList !== undefined)
    lines.push(
      `local ${keyList} = {}`,
      `for i = ${keyNames.length + 1}, #KEYS do ${keyList}[#${keyList} + 1] = KEYS[i] end`,
    );
  if (lists.length > 0) lines.push(takeList(argNames.length), ...lists.map((name) => `local ${name} = takeList()`));
  return lines.join('\n');
}

// Not by `unpack`, which takes a few thousand at most.
function takeList(before: number): string {
  return `
local listAt = ${before + 1}
local function takeList()
  local list, count = {}, tonumber(ARGV[listAt])
  for i = 1, count do list[i] = ARGV[listAt + i] end
  listAt = listAt + count + 1
  return list
end`;
}

const LUA_WORDS =
  /^(?:and|break|do|else|elseif|end|false|for|function|if|in|local|nil|not|or|repeat|return|then|true|until|while)$/;

function requireNames(names: readonly string[], parts: readonly LuaPart[]): void {
  for (const name of names)
    if (!/^[a-z]\w*$/i.test(name) || LUA_WORDS.test(name)) throw new Error(`Lua cannot have a local named ${name}.`);
  if (new Set(names).size < names.length) throw new Error(`Two things of a script have one name: ${names.join(', ')}.`);
  for (const { lua } of parts)
    if (/\b(?:KEYS|ARGV)\b/.test(lua))
      throw new Error('A script names its keys and arguments; it does not count them.');
}
