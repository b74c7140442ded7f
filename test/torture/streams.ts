import { setTimeout as sleep } from 'node:timers/promises';
import { readEvents, type ServerEvent } from '../../web/api/events.ts';
import type { Friend } from '../../web/api/shapes.ts';
import { afterEvent, type FriendList } from '../../web/friends/list-state.ts';
import type { Someone } from './crowd.ts';

/** What a stream has told that a friend plays, and at which connection of that stream. */
export type Told = { connection: number; subscriberId: string; title: string };

/** The friends pages of the crowd: each follows the event stream of its own subscriber, with its token. */
export type Streams = {
  /** Whoever has no stream yet is given one. */
  follow(people: readonly Someone[]): void;
  /** What the page would show: everything that was told since the stream that is open was opened. Undefined while it has told nothing. */
  list(one: Someone): FriendList;
  /** Whether the gateway does not take the token any more, which ends the stream for good. */
  isOver(one: Someone): boolean;
  /** Every title that any stream of that person has ever told. */
  told(one: Someone): readonly Told[];
  /** What was told after something newer of the same friend, by one stream. */
  backwards(): readonly Told[];
  /** For an older copy of the data that is put back: what is told next may be older than what was told. */
  goBack(): void;
  /** All connections break, and are made anew. */
  breakOff(): void;
  stop(): void;
};

type Following = {
  list: FriendList;
  connection: number;
  isOver: boolean;
  told: Told[];
  /** What the present connection has told last, by subscriber id. */
  newest: Map<string, Told>;
  abort: AbortController;
};

/** Milliseconds without a sign of life, and before the next try: as the page has them (`web/friends/follow.ts`). */
const SILENCE = 25_000;
const PAUSE = 500;

export function createStreams({ gatewayUrl }: { gatewayUrl: string }): Streams {
  const all = new Map<Someone, Following>();
  let backwards: Told[] = [];
  let stopped = false;

  /** As the page does: whenever it ends it is opened again, and everything is told anew, so that no event has to be caught up on. */
  async function keepFollowing(one: Someone, following: Following): Promise<void> {
    while (!stopped && !following.isOver) {
      following.connection += 1;
      following.newest = new Map();
      following.abort = new AbortController();
      await followOnce(one, following).catch(() => {});
      following.list = undefined;
      await sleep(PAUSE, undefined, { ref: false });
    }
  }

  async function followOnce({ token }: Someone, following: Following): Promise<void> {
    const { abort } = following;
    const silence = setTimeout(() => abort.abort(), SILENCE);
    try {
      const { status, body } = await fetch(`${gatewayUrl}/v1/subscribers/me/friends/events`, {
        headers: { authorization: `Bearer ${token}` },
        signal: abort.signal,
      });
      following.isOver = status === 401;
      if (status !== 200 || !body) return;
      for await (const event of readEvents(body, () => silence.refresh())) {
        note(following, event);
        following.list = afterEvent(following.list, event);
      }
    } finally {
      clearTimeout(silence);
      abort.abort();
    }
  }

  function note({ connection, told, newest }: Following, { data }: ServerEvent): void {
    const { friends, ...one } = JSON.parse(data) as Partial<Friend> & { friends?: Friend[] };
    for (const { subscriberId = '', nowPlaying } of friends ?? [one]) {
      if (!nowPlaying) continue;
      const tune = { connection, subscriberId, title: nowPlaying.title };
      if (placeOf(tune) < placeOf(newest.get(subscriberId))) backwards.push(tune);
      newest.set(subscriberId, tune);
      told.push(tune);
    }
  }

  return {
    follow(people) {
      for (const one of people) {
        if (all.has(one)) continue;
        const following = {
          ...{ list: undefined, connection: 0, isOver: false, told: [], newest: new Map() },
          abort: new AbortController(),
        };
        all.set(one, following);
        void keepFollowing(one, following);
      }
    },
    list: (one) => all.get(one)?.list,
    isOver: (one) => all.get(one)?.isOver ?? false,
    told: (one) => all.get(one)?.told ?? [],
    backwards: () => backwards,
    goBack() {
      backwards = [];
      for (const { newest } of all.values()) newest.clear();
    },
    breakOff() {
      for (const { abort } of all.values()) abort.abort();
    },
    stop() {
      stopped = true;
      for (const { abort } of all.values()) abort.abort();
    },
  };
}

/** What one person plays is counted upwards. */
function placeOf(tune: Told | undefined): number {
  return Number(/\d+$/.exec(tune?.title ?? '')?.[0] ?? 0);
}
