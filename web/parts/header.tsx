import { type Language, useTexts } from '../language/language.ts';
import { LanguageChoice } from './language-choice.tsx';
import { Mark } from './mark.tsx';
import { VIEWS, type View } from './use-view.ts';

type Props = {
  name: string;
  /** Undefined while nobody is signed in. */
  view?: View;
  onLanguage: (language: Language) => void;
  onSignOut?: () => void;
};

/** The top of each page: the name of the service, the views, the language and the way out. */
export function Header({ name, view, onLanguage, onSignOut }: Props) {
  const texts = useTexts();
  return (
    <header class="top">
      <button type="button" class="skip" onClick={focusContent}>
        {texts.skip}
      </button>
      <p class="brand">
        <Mark />
        <span>{name}</span>
      </p>
      {view && (
        <nav aria-label={texts.menu}>
          {(Object.keys(VIEWS) as View[]).map((one) => (
            <a key={one} href={`#/${one}`} aria-current={one === view ? 'page' : undefined}>
              {texts[VIEWS[one]]}
            </a>
          ))}
        </nav>
      )}
      <div class="tools">
        <LanguageChoice onChoose={onLanguage} />
        {onSignOut && (
          <button type="button" class="quiet" onClick={onSignOut}>
            {texts.signOut}
          </button>
        )}
      </div>
    </header>
  );
}

/** No link: the address names the view. */
function focusContent(): void {
  document.querySelector<HTMLElement>('main h1')?.focus();
}
