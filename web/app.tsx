import { useLayoutEffect, useState } from 'preact/hooks';
import { useSettings } from './api/settings.ts';
import { Home } from './home.tsx';
import { type Language, LanguageContext, preferredLanguage, rememberLanguage } from './language/language.ts';
import { useSession } from './session/use-session.ts';
import { LinkQuestion } from './sign-in/link-question.tsx';
import { SignIn } from './sign-in/sign-in.tsx';

/** The whole page: somebody's friends, or the way in. */
export function App() {
  const [language, setLanguage] = useState<Language>(preferredLanguage);
  const settings = useSettings();
  const { session, notice, linked, stay, enter, leave, end } = useSession();

  useLayoutEffect(() => {
    document.documentElement.lang = language;
  }, [language]);
  useLayoutEffect(() => {
    document.title = settings.name;
  }, [settings.name]);

  function choose(chosen: Language): void {
    rememberLanguage(chosen);
    setLanguage(chosen);
  }
  return (
    <LanguageContext.Provider value={language}>
      {session && linked !== undefined ? (
        <LinkQuestion
          settings={settings}
          onLanguage={choose}
          onStay={stay}
          onSwitch={() => enter({ token: linked, by: 'link' }, 'tab')}
        />
      ) : session ? (
        // With another token everything of the former one goes.
        <Home
          key={session.token}
          session={session}
          settings={settings}
          onLanguage={choose}
          onLeave={leave}
          onEnd={end}
        />
      ) : (
        <SignIn settings={settings} notice={notice} onLanguage={choose} onSignedIn={enter} />
      )}
    </LanguageContext.Provider>
  );
}
