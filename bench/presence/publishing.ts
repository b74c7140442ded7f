import type { Log } from '../../runtime/log.ts';
import { createMetrics } from '../../runtime/metrics.ts';
import { connect } from '../../sip/connection.ts';
import { presenceDocument } from '../../sip/pidf.ts';
import { createPresenceServer } from '../../sip/presence-server.ts';
import { createSipOutlet } from '../../sip/sip-outlet.ts';
import { newTune, type TestTune } from '../load/tunes.ts';

export const DOMAIN = 'op.example';

/** Publishes for one number at a time, each time in place of what was published before. */
export type Publishing = { publish(number: string, tune: TestTune): Promise<void>; stop(): void };

/** One PUBLISH for each tune by the transactions of sip.js on a connection, as one would without Earshot: it keeps the tag in memory, and knows no trouble. */
export async function byLibrary(port: number): Promise<Publishing> {
  const connection = await connect({ host: '127.0.0.1', port, tls: false, domain: DOMAIN }, undefined);
  const tags = new Map<string, string | undefined>();
  return {
    async publish(number, tune) {
      const tag = tags.get(number);
      const answer = await connection.publish({
        user: number,
        headers: ['Expires: 3600', ...(tag === undefined ? [] : [`SIP-If-Match: ${tag}`])],
        body: presenceDocument(`sip:${number}@${DOMAIN};user=phone`, tune),
      });
      if (answer.status !== 200) throw new Error(`The PUBLISH was answered ${answer.status}`);
      tags.set(number, answer.header('sip-etag'));
    },
    stop: connection.end,
  };
}

/** The same through the outlet. */
export function byOutlet(port: number, log: Log): Publishing {
  const place = { host: '127.0.0.1', port, tls: false, domain: DOMAIN };
  const server = createPresenceServer({ place, login: undefined, rate: 100_000 }, log);
  const outlet = createSipOutlet({
    ...{ server, domain: DOMAIN, interval: 0, now: Date.now },
    metrics: createMetrics('bench'),
  });
  const memos = new Map<string, string | undefined>();
  return {
    async publish(number, tune) {
      const now = Date.now();
      const playing = { device: 'bench', tune, since: now, expiresAt: now + tune.length * 1_000 };
      await outlet.ready?.(false);
      memos.set(number, (await outlet.show(number, playing, memos.get(number))).memo);
    },
    stop: server.stop,
  };
}

/** Milliseconds of this process's processor time for each of `count` publications, `lanes` on their way at a time. */
export async function costOf({ publish }: Publishing, numbers: readonly string[], count: number): Promise<number> {
  const before = process.cpuUsage();
  await Promise.all(
    numbers.map(async (number) => {
      for (let i = 0; i < count / numbers.length; i += 1) await publish(number, newTune());
    }),
  );
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000 / count;
}
