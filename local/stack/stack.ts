import type { Child } from '../children/child.ts';
import { requireFreePort } from '../ports.ts';
import { type EarshotProcess, ROLES, type Role } from '../processes.ts';
import type { RedisServer } from '../redis/redis-server.ts';
import { StartError } from '../start-error.ts';
import type { XmppServer } from '../xmpp-server.ts';
import { waitForReadiness } from './readiness.ts';
import { type PartName, type Plan, type PlanOptions, planStack } from './stack-plan.ts';

/** How to start a whole stack. */
export interface StackOptions extends PlanOptions {
  /** How long `/readyz` may take; default 60 s. */
  readyTimeoutMs?: number;
  /** Gives the start up; what was started is stopped. */
  signal?: AbortSignal;
}

/** A running stack: Redis, the XMPP server and the processes. */
export interface Stack {
  /** `http://127.0.0.1:port` */
  gatewayUrl: string;
  operatorKey: string;
  xmpp: { host: string; port: number; domain: string };
  /** What the processes are told. */
  env: Record<string, string>;
  /** What it is made of, in the order of starting. */
  parts: readonly PartName[];
  /** The private one. */
  redis(): RedisServer;
  server(): XmppServer;
  process(role: Role): EarshotProcess;
  part(name: PartName): Child;
  /** SIGKILL, and nothing else: the part stays down until {@link Stack.restart}. */
  kill(name: PartName): Promise<void>;
  /** Stops the part if it runs, and starts it again on its folder and port. Does not wait for `/readyz`. */
  restart(name: PartName): Promise<void>;
  /** Waits until `/readyz` answers 200. */
  untilReady(timeoutMs?: number): Promise<void>;
  /** Whether {@link Stack.stop} was called. */
  stopping(): boolean;
  /** Ends every process; may be called again. */
  stop(): Promise<void>;
}

/** Every part that each stack has, in the order of starting. */
export const PART_NAMES: readonly PartName[] = ['redis', 'server', ...ROLES];

/** Starts everything and waits until it is ready. If a part fails, what was started is stopped and the error says which part and why. */
export async function startStack(options: StackOptions): Promise<Stack> {
  const plan = await planStack(options);
  await requireFreePort(
    plan.httpPort,
    'the HTTP API',
    'End that program or choose another port with EARSHOT_HTTP_PORT.',
  );
  const stack = makeStack(plan, options);
  try {
    const servers: PartName[] = options.redisUrl === undefined ? ['redis', 'server'] : ['server'];
    await startAll(stack, servers, options.signal);
    await startAll(stack, plan.roles, options.signal);
    await stack.untilReady();
    return stack;
  } catch (error) {
    await stack.stop();
    throw error;
  }
}

/** Starts parts side by side; when one fails, waits for the others before it throws, so that none appears later. */
async function startAll(stack: Stack, names: readonly PartName[], signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  const results = await Promise.allSettled(names.map((name) => stack.restart(name)));
  const failed = results.find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  signal?.throwIfAborted();
}

function makeStack(plan: Plan, options: StackOptions): Stack {
  const running = new Map<PartName, Child>();
  const starting = new Set<Promise<unknown>>();
  const gatewayUrl = `http://127.0.0.1:${plan.httpPort}`;
  let stopped: Promise<void> | undefined;

  function part(name: PartName): Child {
    const child = running.get(name);
    if (child === undefined) throw new StartError('DIED', `The part ${name} was never started.`);
    return child;
  }
  async function restart(name: PartName): Promise<void> {
    if (stopped !== undefined) throw new StartError('DIED', 'The stack is stopped.');
    const start = restartPart(running, name, plan.start[name]);
    starting.add(start);
    await start.finally(() => starting.delete(start));
  }
  async function stopAll(): Promise<void> {
    await Promise.allSettled(starting);
    const stopParts = (names: readonly PartName[]) => Promise.all(names.map((name) => running.get(name)?.stop()));
    await stopParts(plan.roles);
    await stopParts(['server', 'redis']);
  }
  return {
    gatewayUrl,
    operatorKey: plan.secrets.operatorKey,
    xmpp: plan.xmpp,
    env: plan.env,
    parts: ['redis', 'server', ...plan.roles],
    part,
    redis: () => part('redis') as RedisServer,
    server: () => part('server') as XmppServer,
    process: (role) => part(role) as EarshotProcess,
    kill: (name) => part(name).kill(),
    restart,
    untilReady: (timeoutMs = options.readyTimeoutMs ?? 60_000) =>
      waitForReadiness(gatewayUrl, { timeoutMs, children: plan.roles.map(part), signal: options.signal }),
    stopping: () => stopped !== undefined,
    stop() {
      stopped ??= stopAll();
      return stopped;
    },
  };
}

async function restartPart(running: Map<PartName, Child>, name: PartName, start: () => Promise<Child>): Promise<void> {
  await running.get(name)?.stop();
  running.set(name, await start());
}
