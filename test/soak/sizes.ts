import { readdir } from 'node:fs/promises';
import type { Role } from '../../local/processes.ts';
import type { Stack } from '../../local/stack/stack.ts';
import { isSingle, type Redis } from '../../runtime/redis/redis.ts';
import { keyKinds } from '../support/kept/key-kinds.ts';
import type { HeldMemory } from '../support/measure/held-memory.ts';
import { withRedis } from '../support/stack.ts';

/** What is there at one moment, by name; each is a number that may not grow. */
export type Sizes = Readonly<Record<string, number>>;

/** Earshot's own, but for those of one subscription; these and BullMQ's name themselves. */
const KINDS = keyKinds('earshot');

/** The bytes of each key that does not go by itself, by their kinds. */
const STAYING = `
local found = {}
for _, key in ipairs(redis.call('KEYS', '*')) do
  if redis.call('PTTL', key) == -1 then
    found[#found + 1] = key
    found[#found + 1] = tostring(redis.call('MEMORY', 'USAGE', key, 'SAMPLES', 0))
  end
end
return found`;

/** Earshot's own. */
export function processesOf({ parts }: Stack): Role[] {
  return parts.filter((name) => name !== 'redis' && name !== 'server');
}

/** `snapshot`: writes each process's heap into the file that this names, by its role. */
export async function sizesOf(stack: Stack, held: HeldMemory, snapshot?: (role: string) => string): Promise<Sizes> {
  const sizes: Record<string, number> = {};
  for (const name of processesOf(stack)) {
    const { pid } = stack.process(name);
    const process = await held.all(pid, snapshot?.(name));
    if (!process) throw new Error(`The ${name} has ended.`);
    sizes[`${name}: bytes`] = process.bytes;
    sizes[`${name}: waiting`] = process.waiting.length;
    sizes[`${name}: descriptors`] = (await readdir(`/proc/${pid}/fd`)).length;
  }
  await withRedis(stack, async (redis) => {
    for (const [kind, bytes] of await stayingIn(redis)) sizes[`Redis: ${kind}`] = bytes;
  });
  return sizes;
}

async function stayingIn(redis: Redis): Promise<Map<string, number>> {
  if (!isSingle(redis)) throw new Error('Only of one Redis.');
  const found = (await redis.eval(STAYING)) as string[];
  const kinds = new Map<string, number>();
  for (let i = 0; i < found.length; i += 2) {
    const kind = kindOf(found[i] as string);
    kinds.set(kind, (kinds.get(kind) ?? 0) + Number(found[i + 1]));
  }
  return kinds;
}

function kindOf(key: string): string {
  const shape = KINDS.find((kind) => kind.test(key))?.source ?? key;
  return shape
    .replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, '*')
    .replace(/[\^$\\]/g, '')
    .replaceAll('.+', '*')
    .replaceAll('pdd', 'p');
}
