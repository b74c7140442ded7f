import { useTexts } from '../language/language.ts';
import { Trouble } from '../parts/trouble.tsx';
import { useAction } from '../parts/use-action.ts';
import type { PrivacyControl } from './use-privacy.ts';

/** Whoever is hidden, as newcomers may be, is asked for consent: without it there are no friends. */
export function HiddenBanner({ privacy: { privacy, change } }: { privacy: PrivacyControl }) {
  const texts = useTexts();
  const { busy, problem, run } = useAction();
  if (!privacy || privacy.discoverable) return null;
  return (
    <section class="card banner" aria-labelledby="hidden">
      <h2 id="hidden">{texts.hiddenTitle}</h2>
      <p>{texts.hiddenLead}</p>
      <Trouble text={problem} />
      <button type="button" class="main" aria-busy={busy} onClick={() => run(() => change({ discoverable: true }))}>
        {texts.letFriendsFindMe}
      </button>
    </section>
  );
}
