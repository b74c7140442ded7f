import { useEffect, useRef } from 'preact/hooks';
import type { NewPlayerPassword } from '../api/shapes.ts';
import { useTexts } from '../language/language.ts';
import { Secret } from '../parts/secret.tsx';

/** A new password, and what to type where (docs/players.md). Shown once. */
export function PlayerHints({ made, onDone }: { made: NewPlayerPassword; onDone: () => void }) {
  const texts = useTexts();
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), [made]);
  const { origin } = location;
  return (
    <div class="hints">
      <h3 ref={heading} tabIndex={-1}>
        {texts.playerReady(made.name)}
      </h3>
      <p>{texts.playerOnce}</p>
      <dl>
        <Secret name={texts.userName} text={made.username} />
        <Secret name={texts.password} text={made.password} />
        <Secret name={texts.hintScrobbler} text={`${origin}/audioscrobbler`} />
        <Secret name={texts.hintLastFm} text={`${origin}/2.0/`} />
        <Secret name={texts.hintWebhook} text={origin + made.webhookPath} />
        <Secret name={texts.hintListenBrainz} text={origin} />
      </dl>
      <button type="button" onClick={onDone}>
        {texts.written}
      </button>
    </div>
  );
}
