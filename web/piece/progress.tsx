import { useEffect, useRef } from 'preact/hooks';
import type { Tune } from '../api/shapes.ts';
import { useTexts } from '../language/language.ts';
import { lengthText } from '../language/times.ts';
import { useNow } from './clock.ts';

/** How far a piece has come: a bar, if its length is known, and the times. */
export function Progress({ tune: { since, length } }: { tune: Tune }) {
  const texts = useTexts();
  const passed = Math.max(0, (useNow() - Date.parse(since)) / 1000);
  if (!length) return <p class="progress times">{texts.playingFor(lengthText(passed))}</p>;
  const played = Math.min(passed, length);
  return (
    <div class="progress">
      <Bar share={played / length} />
      <p class="times">
        <span class="played">{lengthText(played)}</span>
        <span class="length">{lengthText(length)}</span>
      </p>
    </div>
  );
}

/** The numbers beside it say the same, so it is for the eyes only. The policy of the page lets no style stand in the markup. */
function Bar({ share }: { share: number }) {
  const bar = useRef<HTMLSpanElement>(null);
  useEffect(() => bar.current?.style.setProperty('--share', share.toFixed(4)), [share]);
  return (
    <div class="bar" aria-hidden="true">
      <span ref={bar} />
    </div>
  );
}
