import { randomUUID } from 'node:crypto';
import type { Submitted } from '../../stream/data-form.ts';
import type { Command, Stage, Visit } from '../command.ts';
import type { Texts } from '../texts/texts.ts';

/**
 * A command that a client is in the middle of. `jid`: the full JID of the client, which alone may
 * continue. `stages`: the questions so far, the present one last, each with the answers that it
 * got, which are shown again when the user goes back.
 */
export type Session = {
  id: string;
  jid: string;
  subscriberId: string | undefined;
  /** In the language in which it was begun. */
  texts: Texts;
  command: Command;
  stages: { stage: Stage; submitted: Submitted }[];
  expiresAt: number;
  /** What is under way: one step after the other. */
  turn: Promise<unknown>;
};

export type Sessions = ReturnType<typeof createSessions>;

/** Milliseconds from one step to the next: reading a text message takes a while. */
const LIFETIME = 15 * 60_000;
/** Milliseconds for which it is known of a session that it has expired. */
const REMEMBERED = 15 * 60_000;
const MOST = 2_000;
const MOST_EACH = 5;

/** Sessions of commands, in this process only (decision 77). `owner` below: the bare JID. */
export function createSessions(now: () => number) {
  /** The longest untouched first. */
  const sessions = new Map<string, Session>();
  const counts = new Map<string, number>();

  function close(session: Session): void {
    if (!sessions.delete(session.id)) return;
    const left = (counts.get(ownerOf(session)) ?? 1) - 1;
    if (left > 0) counts.set(ownerOf(session), left);
    else counts.delete(ownerOf(session));
  }

  function forgetOld(): void {
    for (const session of sessions.values()) {
      if (session.expiresAt + REMEMBERED > now()) return;
      close(session);
    }
  }

  function closeOldestOf(owner: string): void {
    const oldest = [...sessions.values()].find((session) => ownerOf(session) === owner);
    if (oldest) close(oldest);
  }

  /** Closes what has expired, or one of whoever has most; nobody's only one. */
  function makeRoom(): void {
    const [oldest] = sessions.values();
    const [owner, most] = [...counts].reduce((a, b) => (b[1] > a[1] ? b : a));
    if (oldest && oldest.expiresAt <= now()) close(oldest);
    else if (most > 1) closeOldestOf(owner);
  }

  return {
    /**
     * Opens a session. A user may have five; the sixth closes the oldest of them. When there are too
     * many of all users together it is one of whoever has most that goes. Undefined when everybody
     * has one only.
     */
    open(jid: string, { subscriber, texts }: Visit, command: Command, stage: Stage): Session | undefined {
      forgetOld();
      const owner = ownerOf({ jid });
      if ((counts.get(owner) ?? 0) >= MOST_EACH) closeOldestOf(owner);
      if (sessions.size >= MOST) makeRoom();
      if (sessions.size >= MOST) return undefined;
      const session: Session = {
        id: randomUUID(),
        jid,
        subscriberId: subscriber?.id,
        texts,
        command,
        stages: [{ stage, submitted: new Map() }],
        expiresAt: now() + LIFETIME,
        turn: Promise.resolve(),
      };
      sessions.set(session.id, session);
      counts.set(owner, (counts.get(owner) ?? 0) + 1);
      return session;
    },

    /** Somebody else's is as unknown as none. */
    find(id: string, jid: string): Session | 'expired' | undefined {
      const session = sessions.get(id);
      if (session?.jid !== jid) return undefined;
      return session.expiresAt > now() ? session : 'expired';
    },

    /** It goes on from here. */
    touch(session: Session): void {
      if (!sessions.delete(session.id)) return;
      session.expiresAt = now() + LIFETIME;
      sessions.set(session.id, session);
    },

    close,
  };
}

function ownerOf({ jid }: { jid: string }): string {
  return jid.split('/', 1)[0] ?? '';
}
