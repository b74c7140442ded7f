// RFC 3903: SIP Extension for Event State Publication.
import type { Memo } from '../domain/playing/told.ts';
import { tellingTime } from '../domain/playing/told.ts';
import type { Playing } from '../domain/playing/tune.ts';
import { NobodyThere, type Outlet } from '../outlet/outlet.ts';
import type { Metrics } from '../runtime/metrics.ts';
import type { Answer } from './connection.ts';
import { presenceDocument } from './pidf.ts';
import type { PresenceServer } from './presence-server.ts';
import { about, Trouble } from './trouble.ts';

/** Seconds by which a publication outlives its tune, should nobody come to remove it. */
const SLACK = 30;
/** Seconds for which one is asked for at most: one whose tag was lost by the way cannot be taken back, and lasts no longer. */
const LONGEST = 900;
/** Seconds that the server may ask for (Min-Expires). */
const LONGEST_ASKED = 86_400;
/** Milliseconds before its end at which a publication that may last is refreshed, where its tune still plays by then. */
const IN_TIME = 15_000;
/** Milliseconds between two refreshes at least, however short a time a server grants. */
const SHORTEST_REFRESH = 15_000;
/** Times that one publication is sent, as the server knows its tag no more, and wants a longer time. */
const TRIES = 3;
/** Milliseconds until a number that the server does not know, or one that it refuses, is tried again, and one with which it has trouble. */
const NOBODY = 3_600_000;
const REFUSED = 600_000;
const FAILED = 60_000;
/** Milliseconds after its time in which a publication may still be there: the clocks of those who noted and read it differ. */
const CLOCKS = 60_000;

/** `etag`: of what is published; undefined for a new publication. `seconds`: for which it shall last; 0 removes it. */
type Publication = { etag: string | undefined; seconds: number; body: string | undefined };
/** `seconds`: for which it lasts. */
type Published = { etag: string | undefined; seconds: number };

/** `interval`: milliseconds between two tunes of one subscriber. `now`: milliseconds since the epoch. */
type SipContext = {
  server: Pick<PresenceServer, 'ready' | 'publish'>;
  metrics: Pick<Metrics, 'sipPublishes'>;
  domain: string;
  interval: number;
  now: () => number;
};

/**
 * The carrier's presence server, to whom it lets watch a number: a publication of each who plays. Its memo is the tag of that
 * publication (SIP-ETag), and when it expires, in milliseconds since the epoch: `<tag> <time>`.
 */
export function createSipOutlet({ server, metrics, domain, interval, now }: SipContext): Outlet {
  /**
   * `forgotten`: the server no longer knows the tag. `atLeast`: seconds for which it would take it, as it was too brief.
   * @throws NobodyThere @throws Trouble
   */
  async function publish(
    user: string,
    { etag, seconds, body }: Publication,
    further = false,
  ): Promise<Published | 'forgotten' | { atLeast: number }> {
    const headers = [`Expires: ${seconds}`, ...(etag === undefined ? [] : [`SIP-If-Match: ${etag}`])];
    const what = seconds === 0 ? 'remove' : 'publish';
    const count = (outcome: string) => metrics.sipPublishes.inc({ what, outcome });
    const answer = await server.publish({ user, headers, body }, further).catch((err: unknown) => {
      count('away');
      throw err;
    });
    const { status } = answer;
    if (status >= 200 && status < 300) {
      count('accepted');
      return { etag: tagIn(answer), seconds: secondsIn(answer, 'expires') ?? seconds };
    }
    // Some servers say of a tag that they do not know that the request is bad, or fail. That nothing is left to remove it does not prove.
    if (etag !== undefined && (status === 412 || (seconds > 0 && [400, 500].includes(status)))) {
      count('forgotten');
      return 'forgotten';
    }
    const asked = status === 423 ? secondsIn(answer, 'min-expires') : undefined;
    if (seconds > 0 && asked !== undefined && asked > seconds && asked <= LONGEST_ASKED) {
      count('too-brief');
      return { atLeast: asked };
    }
    count(isNobody(status) ? 'nobody' : 'refused');
    if (isNobody(status)) throw new NobodyThere('the presence server knows nobody at the subscriber’s number');
    throw new Trouble(`the presence server answers ${status}`, about(status >= 500 && status < 600 ? FAILED : REFUSED));
  }

  /** What is published from now on, in place of what has that tag. */
  async function replace(user: string, etag: string | undefined, seconds: number, body: string): Promise<Published> {
    let [tag, lasting] = [etag, seconds];
    for (let left = TRIES; left > 0; left -= 1) {
      const answer = await publish(user, { etag: tag, seconds: lasting, body }, left < TRIES);
      if (answer === 'forgotten') tag = undefined;
      else if (!('atLeast' in answer)) return answer;
      else if (lasting === seconds) lasting = answer.atLeast;
      // It wants more each time.
      else break;
    }
    throw new Trouble('the presence server does not take a new publication', about(REFUSED));
  }

  async function showTune(user: string, playing: Playing, memo: Memo) {
    const document = presenceDocument(`sip:${user}@${domain};user=phone`, playing.tune);
    const rest = Math.max(0, playing.expiresAt - now());
    const seconds = Math.min(LONGEST, Math.ceil(rest / 1_000) + SLACK);
    const published = await replace(user, memoed(memo).etag, seconds, document);
    return { ...memoOf(published, now()), again: now() + refreshAfter(published.seconds * 1_000, rest) };
  }

  /**
   * Nothing plays. What the server no longer knows has ended, and what has expired, whatever the server would say; what has no tag
   * ends by itself, as nobody can name it.
   */
  async function showNothing(user: string, memo: Memo) {
    const { etag, expiresAt } = memoed(memo);
    if (etag !== undefined && now() < expiresAt + CLOCKS) await publish(user, { etag, seconds: 0, body: undefined });
    return {};
  }

  return {
    name: 'sip',
    async takeBack(number, memo) {
      await publish(number, { etag: memoed(memo).etag, seconds: 0, body: undefined }, true);
    },
    reach: 'everybody',
    addressOf: ({ phoneNumber }) => phoneNumber,
    ready: server.ready,
    show(number, playing, memo) {
      return playing ? showTune(number, playing, memo) : showNothing(number, memo);
    },
    pace: (told, wanted) => tellingTime(told, wanted?.tune, interval),
    retry(err) {
      if (err instanceof NobodyThere) return about(NOBODY);
      return err instanceof Trouble ? err.pause : undefined;
    },
  };
}

/** 404 and 604: there is no such user; 410: no longer. */
function isNobody(status: number): boolean {
  return status === 404 || status === 410 || status === 604;
}

function memoOf({ etag, seconds }: Published, now: number): { memo?: string } {
  return etag === undefined ? {} : { memo: `${etag} ${now + seconds * 1_000}` };
}

function memoed(memo: Memo): { etag: string | undefined; expiresAt: number } {
  const [etag, expiresAt = 'Infinity'] = memo?.split(' ') ?? [];
  return { etag, expiresAt: Number(expiresAt) };
}

/**
 * Milliseconds until it is refreshed: before it expires, and not at the time at which others are that were published with it. One that
 * outlives its tune is removed before that, unless the same tune is told again and lasts longer: nothing else asks for a refresh then.
 */
function refreshAfter(lasts: number, rest: number): number {
  const after = lasts < rest ? Math.round(lasts * (0.5 + 0.3 * Math.random())) : lasts - IN_TIME;
  return Math.max(SHORTEST_REFRESH, after);
}

/** A token (RFC 3261, section 25.1); undefined where there is none that could be sent again. */
function tagIn(answer: Answer): string | undefined {
  const tag = answer.header('sip-etag');
  return tag !== undefined && /^[\w.!%*+`'~-]{1,256}$/.test(tag) ? tag : undefined;
}

function secondsIn(answer: Answer, header: string): number | undefined {
  const [text] = /^\d{1,9}/.exec(answer.header(header) ?? '') ?? [];
  return text === undefined ? undefined : Number(text);
}
