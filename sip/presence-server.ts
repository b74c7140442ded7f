import type { SipConfig } from '../runtime/config/sip-config.ts';
import { elapsed } from '../runtime/elapsed.ts';
import type { Log } from '../runtime/log.ts';
import { type Answer, type Connection, ConnectionLost, connect, NoAnswer, type PublishRequest } from './connection.ts';
import { createConnections } from './connections.ts';
import { UNCERTAIN } from './duty.ts';
import { createOutage } from './outage.ts';
import { Trouble } from './trouble.ts';
import { createTurns } from './turns.ts';

/** Milliseconds until a server that refuses the password is asked again. */
const LOGIN_PAUSE = 60_000;

export type PresenceServer = ReturnType<typeof createPresenceServer>;

/**
 * The carrier's presence server: so many requests a second at most, over as many connections as it takes. While it fails it is left alone,
 * and everybody is told at once that it is away. `patience`: milliseconds for an answer, if not the usual. `mayAsk`: whether this process
 * still is the one that shows something there, asked in the moment of sending (decision 264); what only takes away may always be sent.
 */
export function createPresenceServer(
  { place, login, rate }: Pick<SipConfig, 'place' | 'login' | 'rate'>,
  log: Log,
  { patience, mayAsk = () => true }: { patience?: number; mayAsk?: () => boolean } = {},
) {
  const outage = createOutage();
  const turns = createTurns(rate);
  const connections = createConnections((signal) => connect(place, login, { patience, signal, goesOn }));
  let answeredAt = 0;

  function failed(why: string, takesAway: boolean, asked?: number): Trouble {
    if (outage.reason() !== why) log.warn({ why }, 'the presence server is left alone for a while');
    outage.failed(elapsed(), why, asked);
    return away(takesAway);
  }

  function away(takesAway: boolean): Trouble {
    return new Trouble(outage.reason() ?? 'the presence server is left alone', outage.pause(elapsed(), takesAway));
  }

  /** Whether a request that was refused for want of credentials may be sent with them: it is one more by the rate. */
  function goesOn(takesAway: boolean): boolean {
    if (!takesAway && !mayAsk()) return false;
    turns.pay();
    return true;
  }

  /** @throws Trouble */
  function onDuty(takesAway: boolean): void {
    if (!takesAway && !mayAsk()) throw new Trouble('another process may be the active one by now', UNCERTAIN);
  }

  /** @throws ConnectionLost @throws Trouble where it does not answer, or this process may not ask it any more */
  async function send(connection: Connection, request: PublishRequest): Promise<Answer> {
    onDuty(isRemoval(request));
    const sentAt = elapsed();
    try {
      const answer = await connection.publish(request);
      answeredAt = elapsed();
      return answer;
    } catch (err) {
      if (!(err instanceof NoAnswer)) throw err;
      // It answers others: this request alone has gone astray.
      if (answeredAt > sentAt) throw new Trouble(err.message, outage.pause(elapsed(), isRemoval(request)));
      connection.end();
      throw failed(err.message, isRemoval(request));
    }
  }

  return {
    /** What is wrong with it, for the operator; undefined where nothing is known to be. */
    trouble: outage.reason,
    connections: connections.count,
    /** Whether it can be reached, before anybody has to be told anything. What was wrong with it before is over then. */
    async reach(): Promise<void> {
      const begun = elapsed();
      await connections
        .use(async () => {})
        .then(
          () => outage.over(begun),
          (err: Error) => failed(err.message, false),
        );
    },
    /**
     * Waits until something can be sent: for its turn, and for a connection. Settles with whether it had to wait. @throws Trouble where
     * the server is away, or too many wait already
     */
    async ready(takesAway: boolean): Promise<boolean> {
      if (outage.isClosed(elapsed())) throw away(takesAway);
      const waited = await turns.take(takesAway);
      if (outage.isClosed(elapsed())) throw away(takesAway);
      const made = await connections.opened().catch((err: Error) => {
        throw failed(err.message, takesAway);
      });
      onDuty(takesAway);
      return waited || made;
    },
    /**
     * Settles with what the server answers about this one request. It waits for nothing but the answer: `ready` does before it. `further`:
     * a second request of somebody who was ready once. @throws Trouble where it is the server itself that is away
     */
    async publish(request: PublishRequest, further = false): Promise<Answer> {
      const takesAway = isRemoval(request);
      const begun = elapsed();
      if (outage.isClosed(begun)) throw away(takesAway);
      if (further) turns.pay();
      const answer = await connections
        .use((connection) => send(connection, request))
        .catch((err: Error) => {
          throw err instanceof ConnectionLost ? failed(err.message, takesAway) : err;
        });
      const { status } = answer;
      if (status === 503 || status === 429)
        throw failed(
          `the presence server answers ${status}`,
          takesAway,
          secondsIn(answer.header('retry-after')) * 1_000,
        );
      if (status === 401 || status === 407) {
        // That it was not asked with the credentials is no fault of theirs.
        onDuty(takesAway);
        throw failed('the presence server refuses EARSHOT_SIP_USER and EARSHOT_SIP_PASSWORD', takesAway, LOGIN_PAUSE);
      }
      if (outage.over(begun)) log.info('the presence server works again');
      return answer;
    },
    stop(): void {
      turns.stop(new Trouble('the process ends', 0));
      connections.stop();
    },
  };
}

function isRemoval({ body }: PublishRequest): boolean {
  return body === undefined;
}

/** RFC 3261, section 20.33: seconds, perhaps with a comment and parameters behind them. 0 where there are none. */
function secondsIn(text: string | undefined): number {
  return Number(/^\d{1,9}/.exec(text ?? '')?.[0] ?? 0);
}
