import { useCallback, useEffect, useState } from 'preact/hooks';

/**
 * What `load` gives: at once, every `every` milliseconds while the page is seen, when it is seen again, and on `refresh`. What was loaded stays
 * while a load fails; `failed` says so. `load` must stay the same function.
 */
export function usePolled<T>(load: () => Promise<T>, every: number) {
  const [value, setValue] = useState<T>();
  const [failed, setFailed] = useState<unknown>();

  const refresh = useCallback(async () => {
    try {
      setValue(await load());
      setFailed(undefined);
    } catch (err) {
      setFailed(err);
    }
  }, [load]);

  useEffect(() => {
    const look = () => {
      if (!document.hidden) void refresh();
    };
    look();
    const timer = setInterval(look, every);
    document.addEventListener('visibilitychange', look);
    return () => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', look);
    };
  }, [refresh, every]);
  return { value, failed, refresh, setValue };
}
