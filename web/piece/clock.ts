import { createContext } from 'preact';
import { useContext, useEffect, useState } from 'preact/hooks';
import { serverNow } from '../api/clock.ts';

const SECOND = 1_000;

/** Milliseconds since the epoch, by the server's clock. */
export const NowContext = createContext(0);

/** The server's time in milliseconds, as it ticks for the whole page (see `useTicking`). */
export function useNow(): number {
  return useContext(NowContext);
}

/** The time, anew each second while the page is seen. */
export function useTicking(): number {
  const [now, setNow] = useState(serverNow);
  useEffect(() => {
    const tick = () => {
      if (!document.hidden) setNow(serverNow());
    };
    const timer = setInterval(tick, SECOND);
    document.addEventListener('visibilitychange', tick);
    return () => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', tick);
    };
  }, []);
  return now;
}
