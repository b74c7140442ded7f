import { useEffect, useState } from 'preact/hooks';
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
  const [session, setSession] = useState<Session | undefined>(startingSession);
  const [notice, setNotice] = useState<Notice>();

  useEffect(() => {
    // A token link that is opened in a tab which shows the page already.
    const follow = () => {
      const linked = takeLinkedToken();
      if (linked !== undefined) enter({ token: linked, by: 'link' }, 'tab');
    };
    addEventListener('hashchange', follow);
    return () => removeEventListener('hashchange', follow);
  }, []);

  function enter(entered: Session, place: Place): void {
    keepToken(entered.token, place);
    keepNewLogin(entered.newLogin);
    setNotice(undefined);
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
    enter,
    leave: (why: 'signedOut' | 'startAnew') => close(why),
    end: (worked: boolean) => close(session?.by === 'link' && !worked ? 'linkEnded' : 'sessionEnded'),
  };
}

function startingSession(): Session | undefined {
  const linked = takeLinkedToken();
  if (linked !== undefined) {
    keepToken(linked, 'tab');
    keepNewLogin(undefined);
    return { token: linked, by: 'link' };
  }
  const [token, newLogin] = [readToken(), readNewLogin()];
  return token === undefined ? undefined : { token, by: 'load', ...(newLogin ? { newLogin } : {}) };
}
