import { useEffect, useState } from 'preact/hooks';
import type { Call } from '../api/call.ts';
import { type Connection, followFriends } from './follow.ts';
import { afterEvent, type FriendList } from './list-state.ts';

/** Friends as they are, live. */
export type Friends = { list: FriendList; connection: Connection };

/** Follows the event stream while the page is seen, and opens it again when it ends. */
export function useFriends(call: Call): Friends {
  const [list, setList] = useState<FriendList>();
  const [connection, setConnection] = useState<Connection>('connecting');

  // Browsers open few connections to one server, for all tabs together: one that nobody sees holds none.
  useEffect(() => {
    let over = new AbortController();
    const follow = () => {
      over.abort();
      over = new AbortController();
      if (document.hidden) return;
      void followFriends(call, over.signal, (event) => setList((before) => afterEvent(before, event)), setConnection);
    };
    follow();
    document.addEventListener('visibilitychange', follow);
    return () => {
      document.removeEventListener('visibilitychange', follow);
      over.abort();
    };
  }, [call]);
  return { list, connection };
}
