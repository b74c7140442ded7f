import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import fc from 'fast-check';
import { eventually, PATIENCE } from '../support/eventually.ts';
import type { FakeServer } from '../support/xmpp/fake-server.ts';
import type { ComponentWorld } from './component-world.ts';
import { brokenXml, type StanzaText, stanzaTexts } from './stanza-texts.ts';
import { type Surface, shown } from './surface.ts';

const BATCH = 100;
/** Milliseconds for the answer to a ping that may have been sent into nothing. */
const LOST = 1_000;

/** Stanzas to the component: the stream stays up, and every IQ that asks gets one answer, a result or an error. */
export function stanzaSurface(world: ComponentWorld): Surface {
  return {
    name: 'stanzas',
    inputs: { nightly: 12_000, brief: 600 },
    async run(count, seed) {
      const findings: string[] = [];
      for (let done = 0; done < count && findings.length < 3; done += BATCH) {
        const batch = fc.sample(stanzaTexts, { seed: seed + done, numRuns: Math.min(BATCH, count - done) });
        if ((await wrongWith(world.server, batch)) !== undefined) findings.push(await culprit(world, batch));
      }
      return { findings };
    },
  };
}

/** What no server sends: the component may give the stream up, and comes back. */
export function brokenXmlSurface({ server }: ComponentWorld): Surface {
  return {
    name: 'broken XML',
    inputs: { nightly: 100, brief: 8 },
    async run(count, seed) {
      for (const text of fc.sample(brokenXml, { seed, numRuns: count })) {
        server.send(text);
        // What was left open would swallow the ping.
        server.send(`]]>-->?>'>"></a></x></stream:stream>`);
        const back = await eventually(() => ping(server, LOST)).then(
          () => true,
          () => false,
        );
        if (!back) return { findings: [`the component does not come back after ${shown(text)}`] };
      }
      return { findings: [] };
    },
  };
}

/** The first stanza of the batch that does it alone. */
async function culprit({ server, revive }: ComponentWorld, batch: readonly StanzaText[]): Promise<string> {
  for (const stanza of batch) {
    await revive();
    await eventually(() => ping(server, LOST));
    const wrong = await wrongWith(server, [stanza]);
    if (wrong !== undefined) return `${wrong}: ${shown(stanza)}`;
  }
  return `only together: ${shown(batch, 5_000)}`;
}

async function wrongWith(server: FakeServer, batch: readonly StanzaText[]): Promise<string | undefined> {
  const before = server.streams();
  const answers = new Map<string, number>();
  const stop = server.onStanza(({ name, attrs }) => {
    if (name !== 'iq' || (attrs.type !== 'result' && attrs.type !== 'error')) return;
    const key = `${attrs.id} to ${attrs.to}`;
    answers.set(key, (answers.get(key) ?? 0) + 1);
  });
  const unanswered = () => batch.find(({ asks, id, from }) => asks && answers.get(`${id} to ${from}`) !== 1);
  try {
    server.send(batch.map(({ text }) => text).join(''));
    await ping(server, PATIENCE);
    // What needs the store is answered later than a ping.
    await eventually(() => expect(unanswered()).to.equal(undefined)).catch(() => {});
  } catch (err) {
    return (err as Error).message;
  } finally {
    stop();
  }
  if (server.streams() !== before) return 'the stream broke';
  const one = unanswered();
  return one && `${answers.get(`${one.id} to ${one.from}`) ?? 0} answers to ${shown(one, 300)}`;
}

/** The component reads in order, so whatever came before has been read. */
function ping(server: FakeServer, patience: number): Promise<void> {
  const id = randomUUID();
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      stop();
      reject(new Error('the component does not answer'));
    }, patience);
    const stop = server.onStanza(({ attrs }) => {
      if (attrs.id !== id) return;
      stop();
      clearTimeout(timer);
      resolve();
    });
    server.send(`<iq type='get' id='${id}' from='op.example' to='tune.op.example'><ping xmlns='urn:xmpp:ping'/></iq>`);
  });
}
