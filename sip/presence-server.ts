import { setTimeout as sleep } from 'node:timers/promises';
import type { SipConfig } from '../runtime/config/sip-config.ts';
import { elapsed } from '../runtime/elapsed.ts';
import type { Log } from '../runtime/log.ts';
import { type Answer, type Connection, ConnectionLost, connect, NoAnswer, type PublishRequest } from './connection.ts';
import { createConnections } from './connections.ts';
import { createOutage } from './outage.ts';
import { Trouble } from './trouble.ts';

/** Milliseconds of the rate that may be made up for at once. */
const BURST = 100;
/** Milliseconds until a server that refuses the password is asked again. */
const LOGIN_PAUSE = 60_000;

export type PresenceServer = ReturnType<typeof createPresenceServer>;

/**
 * The carrier's presence server: so many requests a second at most, over as many connections as it takes. While it fails it is left alone,
 * and everybody is told at once that it is away. `patience`: milliseconds for an answer, if not the usual.
 */
export function createPresenceServer(
  { place, login, rate }: Pick<SipConfig, 'place' | 'login' | 'rate'>,
  log: Log,
  patience?: number,
) {
  const connections = createConnections((signal) => connect(place, login, patience, signal));
  const outage = createOutage();
  let slot = 0;
  let answeredAt = 0;

  function failed(why: string, asked?: number): Trouble {
    if (outage.reason() !== why) log.warn({ why }, 'the presence server is left alone for a while');
    outage.failed(elapsed(), why, asked);
    return away();
  }

  function away(): Trouble {
    return new Trouble(outage.reason() ?? 'the presence server is left alone', outage.pause(elapsed()));
  }

  /** Waits for its turn by the rate. */
  async function turn(): Promise<void> {
    const now = elapsed();
    slot = Math.max(slot, now - BURST) + 1_000 / rate;
    if (slot > now) await sleep(slot - now);
  }

  /** @throws ConnectionLost @throws Trouble where it does not answer */
  async function send(connection: Connection, request: PublishRequest): Promise<Answer> {
    const sentAt = elapsed();
    try {
      const answer = await connection.publish(request);
      answeredAt = elapsed();
      return answer;
    } catch (err) {
      if (!(err instanceof NoAnswer)) throw err;
      // It answers others: this request alone has gone astray.
      if (answeredAt > sentAt) throw new Trouble(err.message, outage.pause(elapsed()));
      connection.end();
      throw failed(err.message);
    }
  }

  return {
    /** What is wrong with it, for the operator; undefined where nothing is known to be. */
    trouble: outage.reason,
    connections: connections.count,
    /** Whether it can be reached, before anybody has to be told anything. */
    async reach(): Promise<void> {
      await connections.use(async () => {}).catch((err: Error) => failed(err.message));
    },
    /** Settles with what the server answers about this one request. @throws Trouble where it is the server itself that is away */
    async publish(request: PublishRequest): Promise<Answer> {
      if (outage.isClosed(elapsed())) throw away();
      await turn();
      if (outage.isClosed(elapsed())) throw away();
      const answer = await connections
        .use((connection) => send(connection, request))
        .catch((err: Error) => {
          throw err instanceof ConnectionLost ? failed(err.message) : err;
        });
      const { status } = answer;
      if (status === 503 || status === 429)
        throw failed(`the presence server answers ${status}`, secondsIn(answer.header('retry-after')) * 1_000);
      if (status === 401 || status === 407)
        throw failed('the presence server refuses EARSHOT_SIP_USER and EARSHOT_SIP_PASSWORD', LOGIN_PAUSE);
      if (outage.reason() !== undefined) log.info('the presence server works again');
      outage.over();
      return answer;
    },
    stop: connections.stop,
  };
}

/** RFC 3261, section 20.33: seconds, perhaps with a comment and parameters behind them. 0 where there are none. */
function secondsIn(text: string | undefined): number {
  return Number(/^\d{1,9}/.exec(text ?? '')?.[0] ?? 0);
}
