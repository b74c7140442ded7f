import { useEffect, useRef, useState } from 'preact/hooks';
import { useTexts } from '../language/language.ts';
import type { FriendList } from './list-state.ts';

/** Milliseconds between two announcements: who listens to the page wants to listen to something else, too. */
const PAUSE = 15_000;

/** Says aloud, now and then, who has begun to play something. What played already when the page was opened is not news. */
export function Announcer({ list }: { list: FriendList }) {
  const texts = useTexts();
  const [said, setSaid] = useState('');
  const before = useRef<FriendList>(undefined);
  const saidAt = useRef(0);

  useEffect(() => {
    const news = [...(list?.values() ?? [])].find(
      ({ subscriberId, nowPlaying }) =>
        nowPlaying && before.current && before.current.get(subscriberId)?.nowPlaying?.since !== nowPlaying.since,
    );
    before.current = list;
    if (!news?.nowPlaying || Date.now() - saidAt.current < PAUSE) return;
    saidAt.current = Date.now();
    setSaid(texts.startedPlaying(news.name, news.nowPlaying.title));
  }, [list]);
  return (
    <p class="visually-hidden" aria-live="polite" data-announcer>
      {said}
    </p>
  );
}
