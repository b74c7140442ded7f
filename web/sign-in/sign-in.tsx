import { useEffect, useRef, useState } from 'preact/hooks';
import type { PageSettings } from '../api/shapes.ts';
import { type Language, useTexts } from '../language/language.ts';
import { Header } from '../parts/header.tsx';
import type { Place } from '../session/storage.ts';
import type { Notice, Session } from '../session/use-session.ts';
import { CodeForm } from './code-form.tsx';
import { NumberForm } from './number-form.tsx';
import type { Sent } from './send-code.ts';

type Props = {
  settings: PageSettings;
  notice: Notice | undefined;
  onLanguage: (language: Language) => void;
  onSignedIn: (session: Session, place: Place) => void;
};

/** The way in: a number, then the code that was sent there. */
export function SignIn({ settings, notice, onLanguage, onSignedIn }: Props) {
  const texts = useTexts();
  const [sent, setSent] = useState<Sent>();
  const told = useRef<HTMLParagraphElement>(null);

  // Somebody who was signed in is told first why that is over.
  useEffect(() => told.current?.focus(), [notice]);

  return (
    <>
      <Header name={settings.name} onLanguage={onLanguage} />
      <main id="content" class="way-in">
        {notice && (
          <p class="notice" ref={told} tabIndex={-1} role="status">
            {texts[notice]}
          </p>
        )}
        <section class="card" aria-labelledby="sign-in">
          <h1 id="sign-in" tabIndex={-1}>
            {texts.signInTitle}
          </h1>
          {sent ? (
            <CodeForm
              sent={sent}
              anew={notice === 'startAnew'}
              onSent={setSent}
              onBack={() => setSent(undefined)}
              onSignedIn={onSignedIn}
            />
          ) : (
            <NumberForm onSent={setSent} />
          )}
        </section>
      </main>
    </>
  );
}
