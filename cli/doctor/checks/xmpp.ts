import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { createApi } from '../../../component/server/ejabberd/api.ts';
import { createLapses } from '../../../component/server/ejabberd/uptime.ts';
import { createGate } from '../../../component/server/gate.ts';
import { Shut } from '../../../component/server/server.ts';
import { createStream } from '../../../component/stream/stream.ts';
import { silenceAdvice, streamAdvice } from '../../../component/stream/stream-advice.ts';
import { every } from '../../../runtime/lifecycle.ts';
import type { Log } from '../../../runtime/log.ts';
import { lookAtAgreement } from '../../../store/agreement.ts';
import type { ProcessStatus, Status } from '../../../store/process/status.ts';
import type { Stores } from '../../../store/stores.ts';
import { type Check, type Finding, fault, ok, warning } from '../finding.ts';
import { NotLookedAt } from '../not-looked-at.ts';
import type { Opened, Patient } from '../patient.ts';
import { reach } from '../reach.ts';

/** Milliseconds for the handshake. */
const HANDSHAKE = 12_000;
/** For what is tried of the server after it; a call of an HTTP API that does not answer takes ten seconds. */
const TRIAL = 20_000;
/** Milliseconds between two renewals of the lease. */
const RENEWAL = 1_000;

type Component = NonNullable<Patient['component']>;

/**
 * Whether the XMPP server lets the component in, and do what it has to. What a component that runs has found out is asked of
 * its status, as a second connection could end its own; of these settings it is asked besides whether they lead anywhere. Where none runs, this one connects in its place for a moment; but
 * only if this Redis is the one of an Earshot with these keys, as a component could be heard of in another.
 */
export const xmpp: Check = {
  name: 'xmpp',
  patience: HANDSHAKE + TRIAL + 8_000,
  async look(patient) {
    const { component, needs } = patient;
    if (!component) return [];
    needs(
      'EARSHOT_HOME_HOST',
      'EARSHOT_COMPONENT_DOMAIN',
      'EARSHOT_COMPONENT_SERVICE',
      'EARSHOT_COMPONENT_SECRET',
      'EARSHOT_EJABBERD_API',
      'EARSHOT_EJABBERD_API_USER',
      'EARSHOT_EJABBERD_API_PASSWORD',
    );
    const opened = await patient.opened().catch((err: unknown) => {
      if (err instanceof NotLookedAt) return undefined;
      throw err;
    });
    if (!opened) return reachServer(component, 'where Redis cannot be asked nobody knows whether a component runs');
    const running = await runningOf(opened.stores, component.homeHost);
    if (running) {
      const found = toFinding(running, `the component on ${running.host}`);
      // One that waits has said why.
      return running.ready ? [found, ...(await astray(component, running))] : found;
    }
    if (!patient.connects && !(await isTheirs(opened, patient)))
      return reachServer(
        component,
        'this Redis has no data of an Earshot with these keys. Where no component runs: --connect',
      );
    return connectInstead(component, opened.stores, patient.log);
  },
};

/** Whether processes with these keys have worked with this Redis. */
async function isTheirs({ redis, stores }: Opened, { common }: Patient): Promise<boolean> {
  const { noted, differs } = await lookAtAgreement(redis, stores.keys, common);
  return noted && differs === undefined;
}

/**
 * What is wrong with the ways to the server, by these settings, whatever those of the component are that runs. On another machine
 * it may be right that they do not lead there from here.
 */
async function astray(config: Component, running: ProcessStatus): Promise<Finding[]> {
  const wrong = [await failureOf(() => reachService(config), config), await failureOf(() => askApi(config), config)];
  const found = wrong.filter((what) => what !== undefined);
  if (running.host === hostname()) return found.map((what) => fault(`by these settings ${what}`));
  return found.map((what) => warning(`by these settings, and from this machine, ${what}`));
}

async function failureOf(ask: () => Promise<unknown>, config: Component): Promise<string | undefined> {
  try {
    await ask();
    return undefined;
  } catch (err) {
    return err instanceof Shut ? err.message : streamAdvice(err as { code?: string }, config);
  }
}

async function reachService({ service }: Component): Promise<void> {
  const { hostname: host, port } = new URL(service.replace(/^xmpp:/, 'http:'));
  await reach({ hostname: host, port: Number(port || 5347) }, false);
}

/** What every component asks of ejabberd. @throws Shut */
async function askApi({ ejabberdApi }: Component): Promise<void> {
  if (ejabberdApi) await createLapses(createApi(ejabberdApi), Date.now).startedAt();
}

/** What comes of a connection that says nothing. `unasked`: why no more is asked. */
async function reachServer(config: Component, unasked: string): Promise<Finding> {
  const failure = await failureOf(() => reachService(config), config);
  if (failure !== undefined) return fault(failure);
  return warning(
    `somebody listens at ${config.service}; whether it lets the component in was not tried, as ${unasked}`,
  );
}

/** The active one, else any that is heard of. */
async function runningOf(stores: Stores, host: string): Promise<ProcessStatus | undefined> {
  const active = await stores.statuses.component(host);
  if (active) return active;
  const all = await stores.statuses.all();
  return all.find(({ role, home = host }) => role === 'component' && home === host);
}

function toFinding({ ready, missing, advice, mode }: Status, who: string): Finding {
  if (!ready) return fault(`${who} waits for ${missing.join('; ')}${advice === undefined ? '' : `. ${advice}`}`);
  if (advice !== undefined) return warning(`${who} is connected: ${advice}`);
  return ok(`${who} is connected, ${mode === 'unprivileged' ? 'without privileges' : 'with every right'}`);
}

async function connectInstead(config: Component, stores: Stores, log: Log): Promise<Finding> {
  const self = { host: config.homeHost, instance: randomUUID() };
  const { other } = await stores.activeLease.hold(self, 'unknown');
  if (other) return warning('a component is just starting: ask again in a moment');
  // A component that starts meanwhile waits for its turn.
  const holding = every(RENEWAL, log, async () => void (await stores.activeLease.hold(self, 'unknown')));
  try {
    return await tryServer(config, log);
  } finally {
    await holding.stop();
    await stores.activeLease.release(self);
  }
}

/** As the component does when it starts: the handshake, the rights, and the trial on an account of its own. */
async function tryServer(config: Component, log: Log): Promise<Finding> {
  const stream = createStream(config, log);
  const nothing = async () => {};
  const gate = createGate(stream, config, [], { remind: nothing, prepare: nothing, seemsOnline: () => false }, log);
  stream.onStanza((stanza) => stanza.name === 'message' && gate.receive(stanza));
  let timer: NodeJS.Timeout | undefined;
  let online = false;
  try {
    return await new Promise<Finding>((resolve) => {
      const late = () =>
        resolve(
          fault(
            online
              ? `the XMPP server let the component in, and it waits for ${gate.status().missing.join('; ')}`
              : silenceAdvice(config, HANDSHAKE / 1_000),
          ),
        );
      timer = setTimeout(late, HANDSHAKE);
      stream.onOnline(() => {
        if (online) return;
        online = true;
        clearTimeout(timer);
        timer = setTimeout(late, TRIAL);
      });
      gate.onStatus(() => {
        const status = gate.status();
        if (status.ready || status.advice !== undefined)
          resolve(toFinding(status, 'no component runs; one that this command started'));
      });
      stream.start();
    });
  } finally {
    clearTimeout(timer);
    await stream.stop();
  }
}
