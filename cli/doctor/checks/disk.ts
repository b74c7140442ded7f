import { lookup } from 'node:dns/promises';
import { statfs } from 'node:fs/promises';
import { isIP } from 'node:net';
import { askNode } from '../../../runtime/redis/redis-node.ts';
import { type Check, type Finding, fault, ok, warning } from '../finding.ts';
import { fieldsOf } from '../redis/fields.ts';

const MEGABYTE = 1_048_576;
/** Megabytes without which nothing goes on for long. */
const LEAST = 100;

/** Whether Redis has room on its disk, where that is of this machine and it may say where: a rewrite of the file needs its size once more. */
export const disk: Check = {
  name: 'disk',
  async look(patient) {
    const { nodes } = await patient.opened();
    const found = await Promise.all(nodes.map(lookAt));
    return found.filter((one) => one !== undefined);
  },
};

async function lookAt(url: string): Promise<Finding | undefined> {
  const { hostname, host } = new URL(url);
  if (!(await isHere(hostname.replace(/^\[|\]$/g, '')))) return undefined;
  const known = await askNode(url, async (node) => {
    const { dir } = await node.configGet('dir');
    return { dir, size: Number(fieldsOf(await node.info('persistence')).aof_current_size) };
  }).catch(() => undefined);
  if (known?.dir === undefined) return undefined;
  const room = await statfs(known.dir).catch(() => undefined);
  return room && judge(host, (room.bavail * room.bsize) / MEGABYTE, known.size / MEGABYTE);
}

/** In megabytes. */
export function judge(host: string, free: number, file: number): Finding {
  const what = `the disk of ${host} has ${Math.floor(free)} MB left, and its file ${Math.ceil(file)} MB`;
  if (free < LEAST) return fault(`${what}: make room, as Redis refuses every change when it is full`);
  if (free < 2 * file)
    return warning(`${what}: make room, as the file grows to twice its size before it is written anew`);
  return ok(what);
}

async function isHere(host: string): Promise<boolean> {
  const address =
    isIP(host) === 0
      ? await lookup(host).then(
          (found) => found.address,
          () => '',
        )
      : host;
  return address === '::1' || address.startsWith('127.');
}
