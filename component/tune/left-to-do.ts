import { endOfPrivacy, type Privacy } from '../../domain/friendship/privacy.ts';
import type { Finished, PlayingState } from '../../store/playing/now-playing.ts';
import type { Subscriber } from '../../store/subscriber/subscriber-record.ts';

/** Milliseconds until it is looked at again whether everybody who parts is gone from the roster. */
const PARTING = 3_000;

/** What a tune job that saw this leaves behind, and when the next has to come. `open`: nobody is being let go of. */
export function leftToDo(
  { state }: Pick<Subscriber, 'state'>,
  seen: PlayingState,
  privacy: Privacy,
  open: boolean,
  time: number,
): Finished {
  const ranOut = seen.devices.filter((playing) => playing.expiresAt <= time);
  const playing = seen.devices.filter((one) => one.expiresAt > time);
  const ends = playing.map((one) => one.expiresAt);
  // Who leaves waits for no end of a private session.
  const privateEnd = state === 'active' ? endOfPrivacy(privacy, time) : undefined;
  // Whether anything plays or not: the node is to be opened again.
  if (privateEnd !== undefined) ends.push(privateEnd);
  if (!open) ends.push(time + PARTING);
  return {
    ranOut: ranOut.map((one) => one.device),
    access: open && privateEnd === undefined,
    again: ends.length > 0 ? Math.min(...ends) : undefined,
  };
}
