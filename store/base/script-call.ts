import { createHash } from 'node:crypto';

/** What a script is told, as Redis takes it. */
export type Words = { keys: string[]; arguments: string[] };

/** A script's Lua, and the name under which a Redis keeps it that was sent it. */
export type Text = { source: string; name: string };

/** A script with what it is told. */
export type Call = Words & { text: Text };

/** A connection on which scripts run. */
export type Evaluates = {
  eval(script: string, words: Words): Promise<unknown>;
  evalSha(sha1: string, words: Words): Promise<unknown>;
};

/** Redis keeps a script under the SHA-1 of its text. */
export function textOf(source: string): Text {
  return { source, name: createHash('sha1').update(source).digest('hex') };
}

/**
 * Runs the script by its name. A Redis that was started anew has forgotten all scripts, and one that has taken over may know none: then nothing was done, and it is sent
 * the text.
 */
export async function evaluate(redis: Evaluates, { text, ...words }: Call): Promise<unknown> {
  try {
    return await redis.evalSha(text.name, words);
  } catch (err) {
    if (!(err instanceof Error && err.message.startsWith('NOSCRIPT'))) throw err;
    return redis.eval(text.source, words);
  }
}

/**
 * Two scripts as one; each finds its own words where it looks for them. Where the first answers false, it has done nothing, and the
 * second is left out. In a MULTI neither could go by
 * its name: that it is not known is told when the other one has been done.
 */
export function bothOf(first: string, second: string): string {
  return `
local function first(KEYS, ARGV)
${first}
end
local function second(KEYS, ARGV)
${second}
end
local function part(list, from, count)
  local some = {}
  for i = 1, count do some[i] = list[from + i] end
  return some
end
local keyCount, wordCount = tonumber(ARGV[1]), tonumber(ARGV[2])
local reply = first(part(KEYS, 0, keyCount), part(ARGV, 2, wordCount))
if reply == false then return false end
local done = pcall(second, part(KEYS, keyCount, #KEYS - keyCount), part(ARGV, 2 + wordCount, #ARGV - 2 - wordCount))
return { done and 1 or 0, reply }`;
}

/** A call of such a script: how many words are the first one's, and then those of both. */
export function oneCall(text: Text, first: Call, second: Call): Call {
  const counts = [first.keys.length, first.arguments.length].map(String);
  return {
    text,
    keys: [...first.keys, ...second.keys],
    arguments: [...counts, ...first.arguments, ...second.arguments],
  };
}
