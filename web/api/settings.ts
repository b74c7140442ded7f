import { useEffect, useState } from 'preact/hooks';
import type { PageSettings } from './shapes.ts';

/** What the operator has set; until it is known, or when it cannot be had, what is usual. */
export function useSettings(): PageSettings {
  const [settings, setSettings] = useState<PageSettings>({ name: 'Earshot' });
  useEffect(() => {
    fetch('/page/settings.json', { credentials: 'omit' })
      .then(async (response) => {
        if (response.ok) setSettings(await response.json());
      })
      .catch(() => {});
  }, []);
  return settings;
}
