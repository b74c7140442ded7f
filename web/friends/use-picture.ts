import type { RefObject } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Call } from '../api/call.ts';
import { useCall } from '../session/mine.ts';

/**
 * A friend's picture as a URL for the browser, once `place` has come into sight: of hundreds of
 * friends few are seen. Undefined until then, and when there is none. An image cannot send
 * Authorization, so it is fetched; the browser keeps it by its URL.
 */
export function usePicture(avatar: string | null): {
  place: RefObject<HTMLDivElement | null>;
  picture: string | undefined;
} {
  const call = useCall();
  const place = useRef<HTMLDivElement>(null);
  const [picture, setPicture] = useState<string>();

  useEffect(() => {
    const over = new AbortController();
    let made: string | undefined;
    setPicture(undefined);
    async function load(path: string): Promise<void> {
      made = await fetchPicture(call, path, over.signal);
      if (over.signal.aborted) release(made);
      else setPicture(made);
    }
    const seen = new IntersectionObserver((entries) => {
      if (avatar === null || !entries.some(({ isIntersecting }) => isIntersecting)) return;
      seen.disconnect();
      // Without it the friend has its letters.
      load(avatar).catch(() => {});
    });
    if (place.current) seen.observe(place.current);
    return () => {
      seen.disconnect();
      over.abort();
      release(made);
    };
  }, [avatar, call]);
  return { place, picture };
}

async function fetchPicture(call: Call, avatar: string, signal: AbortSignal): Promise<string> {
  const path = avatar.replace(/^\/v1\/subscribers\/[^/]+/, '');
  const response = await call('GET', path, { signal, cache: 'default' });
  return URL.createObjectURL(await response.blob());
}

function release(picture: string | undefined): void {
  if (picture !== undefined) URL.revokeObjectURL(picture);
}
