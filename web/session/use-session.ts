import { useLayoutEffect, useState } from 'preact/hooks';
import { forgetToken, keepToken, readToken } from './kept-token.ts';
import { keepNewLogin, type NewLogin, readNewLogin } from './new-login.ts';
import type { Place } from './storage.ts';
import { takeLinkedToken } from './token-link.ts';

/**
 * Who is signed in: by a code or a link just now, or since the page was loaded. `newLogin`: the XMPP account that was
 * made on the way, to be shown until it was written down.
 */
export type Session = { token: string; by: 'code' | 'link' | 'load'; newLogin?: NewLogin };

/** Why nobody is signed in any more. */
export type Notice = 'signedOut' | 'startAnew' | 'sessionEnded' | 'linkEnded';

/** The session of this tab, and the ways in and out of it. */
export function useSession() {
  const [session, setSession] = useState<Session | undefined>(keptSession);
  const [notice, setNotice] = useState<Notice>();
  const [linked, setLinked] = useState<string>();

  useLayoutEffect(() => {
    // When the page is loaded, and when a token link is opened in a tab which shows it already.
    follow();
    addEventListener('hashchange', follow);
    return () => removeEventListener('hashchange', follow);
  }, []);

  /** Anybody can make a link with a token of theirs: it takes the place of nobody who is signed in without being asked. */
  function follow(): void {
    const token = takeLinkedToken();
    if (token === undefined) return;
    const kept = readToken();
    if (kept === undefined) enter({ token, by: 'link' }, 'tab');
    else if (kept !== token) setLinked(token);
  }
  function enter(entered: Session, place: Place): void {
    keepToken(entered.token, place);
    keepNewLogin(entered.newLogin);
    setNotice(undefined);
    setLinked(undefined);
    setSession(entered);
  }
  function close(why: Notice): void {
    forgetToken();
    keepNewLogin(undefined);
    history.replaceState(null, '', location.pathname);
    setNotice(why);
    setSession(undefined);
  }
  return {
    session,
    notice,
    /** A link's token, while somebody else is signed in, who has not answered yet. */
    linked,
    stay: () => setLinked(undefined),
    enter,
    leave: (why: 'signedOut' | 'startAnew') => close(why),
    end: (worked: boolean) => close(session?.by === 'link' && !worked ? 'linkEnded' : 'sessionEnded'),
  };
}

function keptSession(): Session | undefined {
  const [token, newLogin] = [readToken(), readNewLogin()];
  return token === undefined ? undefined : { token, by: 'load', ...(newLogin ? { newLogin } : {}) };
}
