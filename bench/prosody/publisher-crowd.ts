import { join } from 'node:path';
import { privateFolder } from '../../local/folders.ts';
import { startProsody } from '../../local/prosody/prosody-server.ts';
import { readCpuOf } from '../cpu.ts';
import { createFanOut } from '../load/fan-out.ts';
import { connectRawComponent } from '../load/raw-component.ts';
import { newTune } from '../load/tunes.ts';
import { connectFriend } from '../people/friend.ts';
import { within } from '../within.ts';
import { populate } from './population.ts';
import type { Setting } from './settings.ts';

/** A Prosody with people of its own, of whom some publish through a bare component. */
export type Crowd = {
  setting: Setting;
  /** Processor milliseconds of Prosody for each of so many publishes, each to all watchers. */
  publish(count: number): Promise<number>;
  stop(): Promise<void>;
};

/** Publishes that are on their way at any time. */
const LANES = 20;
const PATIENCE = 120_000;
const SECRET = 'bench';

export async function startCrowd(folder: string, setting: Setting): Promise<Crowd> {
  const dir = privateFolder(folder);
  const population = populate(join(dir, 'data'), 'op.example', setting.size);
  const server = await startProsody({ dir, componentSecret: SECRET, extraSettings: setting.lines });
  const place = { port: server.componentPort, domain: server.componentDomain, secret: SECRET };
  const component = await connectRawComponent(place);
  const fanOut = createFanOut();
  fanOut.expect(population.watchers.length);
  const xmpp = { host: '127.0.0.1', port: server.c2sPort, domain: server.domain };
  const watchers = await Promise.all(
    population.watchers.map((watcher, i) => connectFriend({ xmpp }, watcher, (title) => fanOut.told(i, title))),
  );
  let turn = 0;
  async function publishOne(): Promise<void> {
    const publisher = population.publishers[turn % population.publishers.length];
    turn += 1;
    const tune = newTune();
    await Promise.all([fanOut.of(tune.title), component.publish(publisher?.jid ?? '', tune)]);
  }
  const time = () => readCpuOf({ prosody: [server.pid] }).parts.prosody ?? Number.NaN;
  return {
    setting,
    async publish(count) {
      const before = time();
      let left = count;
      async function lane(): Promise<void> {
        while (left > 0) {
          left -= 1;
          await publishOne();
        }
      }
      await within(PATIENCE, Promise.all(Array.from({ length: LANES }, lane)));
      fanOut.takeDelays();
      return (time() - before) / count;
    },
    async stop() {
      component.close();
      for (const watcher of watchers) watcher.close();
      await server.stop();
    },
  };
}
