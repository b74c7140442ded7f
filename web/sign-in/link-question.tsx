import type { PageSettings } from '../api/shapes.ts';
import { type Language, useTexts } from '../language/language.ts';
import { Header } from '../parts/header.tsx';

type Props = {
  settings: PageSettings;
  onLanguage: (language: Language) => void;
  onStay: () => void;
  onSwitch: () => void;
};

/** Asks somebody who is signed in, and has opened a link with another token, who they want to be. */
export function LinkQuestion({ settings, onLanguage, onStay, onSwitch }: Props) {
  const texts = useTexts();
  return (
    <>
      <Header name={settings.name} onLanguage={onLanguage} />
      <main id="content" class="way-in">
        <section class="card" aria-labelledby="link-question">
          <h1 id="link-question">{texts.linkTitle}</h1>
          <p class="lead">{texts.linkLead}</p>
          <button type="button" class="main" onClick={onStay}>
            {texts.linkStay}
          </button>
          <button type="button" class="quiet" onClick={onSwitch}>
            {texts.linkSwitch}
          </button>
        </section>
      </main>
    </>
  );
}
