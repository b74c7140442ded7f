import type { Friend } from '../api/shapes.ts';
import { useTexts } from '../language/language.ts';
import { usePicture } from './use-picture.ts';

const SHADES = 6;

/** The friend's picture, or the name's first letters on a shade of its own; and the friend's status. */
export function Avatar({ friend }: { friend: Friend }) {
  const texts = useTexts();
  const { availability } = friend;
  const { place, picture } = usePicture(friend.avatar);
  return (
    <div class="avatar" ref={place}>
      {picture !== undefined ? (
        <img src={picture} alt="" width="48" height="48" />
      ) : (
        <span class={`initials shade-${shadeOf(friend.subscriberId)}`} aria-hidden="true">
          {initialsOf(friend.name)}
        </span>
      )}
      <span class={`dot ${availability}`} role="img" aria-label={texts[availability]} title={texts[availability]} />
    </div>
  );
}

/** Two letters of a name that is spaced, the last character of a Chinese one. */
function initialsOf(name: string): string {
  const letters = name.replaceAll(/[^\p{L}\p{N}\s]/gu, ' ').trim();
  if (/^\p{Script=Han}+$/u.test(letters)) return [...letters].at(-1) ?? '';
  const words = letters.split(/\s+/);
  const ends = words.length > 1 ? [words[0], words.at(-1)] : words;
  return ends
    .map((word) => [...(word ?? '')][0] ?? '')
    .join('')
    .toUpperCase();
}

function shadeOf(id: string): number {
  return [...id].reduce((sum, letter) => sum + (letter.codePointAt(0) ?? 0), 0) % SHADES;
}
