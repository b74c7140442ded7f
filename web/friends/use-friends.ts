import { useEffect, useState } from 'preact/hooks';
import type { Call } from '../api/call.ts';
import { type Connection, followFriends } from './follow.ts';
import { afterEvent, type FriendList } from './list-state.ts';

/** Friends as they are, live. */
export type Friends = { list: FriendList; connection: Connection };

export function useFriends(call: Call): Friends {
  const [list, setList] = useState<FriendList>();
  const [connection, setConnection] = useState<Connection>('connecting');

  useEffect(() => {
    const over = new AbortController();
    void followFriends(call, over.signal, (event) => setList((before) => afterEvent(before, event)), setConnection);
    return () => over.abort();
  }, [call]);
  return { list, connection };
}
