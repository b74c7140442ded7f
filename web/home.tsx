import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { createCall } from './api/call.ts';
import type { PageSettings } from './api/shapes.ts';
import { BookView } from './book/book-view.tsx';
import { DevicesView } from './devices/devices-view.tsx';
import { FriendsView } from './friends/friends-view.tsx';
import { useFriends } from './friends/use-friends.ts';
import { type Language, useTexts } from './language/language.ts';
import { HiddenBanner } from './mine/hidden-banner.tsx';
import { usePrivacy } from './mine/use-privacy.ts';
import { Header } from './parts/header.tsx';
import { useView } from './parts/use-view.ts';
import { CallContext } from './session/mine.ts';
import { keepNewLogin } from './session/new-login.ts';
import { signOut } from './session/sign-out.ts';
import type { Session } from './session/use-session.ts';
import { NewLogin } from './sign-in/new-login.tsx';

type Props = {
  session: Session;
  settings: PageSettings;
  onLanguage: (language: Language) => void;
  onLeave: (why: 'signedOut' | 'startAnew') => void;
  onEnd: (worked: boolean) => void;
};

/** The page of whoever is signed in. */
export function Home({ session, settings, onLanguage, onLeave, onEnd }: Props) {
  const texts = useTexts();
  const call = useMemo(() => createCall(session.token, onEnd), [session.token]);
  const friends = useFriends(call);
  const privacy = usePrivacy(call);
  const [view, title] = useView();
  const [newLogin, setNewLogin] = useState(session.newLogin);
  const heading = useRef<HTMLHeadingElement>(null);

  // Whoever cannot see that the page has changed is led to its heading; a page that was just loaded begins at its beginning.
  const changed = useRef(session.by === 'code');
  useEffect(() => {
    if (changed.current) heading.current?.focus();
    changed.current = true;
  }, [view, newLogin]);

  function writtenDown(): void {
    keepNewLogin(undefined);
    setNewLogin(undefined);
  }
  async function leave(why: 'signedOut' | 'startAnew'): Promise<void> {
    await signOut(call);
    onLeave(why);
  }
  return (
    <CallContext.Provider value={call}>
      <Header name={settings.name} view={view} onLanguage={onLanguage} onSignOut={() => leave('signedOut')} />
      <main id="content">
        {newLogin && <NewLogin {...newLogin} onDone={writtenDown} />}
        <HiddenBanner privacy={privacy} />
        <h1 ref={heading} tabIndex={-1}>
          {texts[title]}
        </h1>
        {view === 'friends' && <FriendsView friends={friends} privacy={privacy} searchUrl={settings.searchUrl} />}
        {view === 'book' && <BookView />}
        {view === 'devices' && <DevicesView onNotMe={() => leave('startAnew')} />}
      </main>
    </CallContext.Provider>
  );
}
