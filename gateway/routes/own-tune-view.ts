import type { Showing } from '../../domain/playing/showing.ts';
import { tuneView } from '../../service/friendship/friend-views.ts';

/** What plays, as its subscriber is shown it; undefined when nothing does. */
export function ownTuneView({ playing, audience }: Showing) {
  if (!playing) return undefined;
  const { device, player } = playing;
  const whose = { device, ...(player === undefined ? {} : { player }) };
  return { ...tuneView(playing), ...whose, shared: audience !== 'nobody' };
}
