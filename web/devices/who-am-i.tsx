import { useCallback } from 'preact/hooks';
import type { Profile } from '../api/shapes.ts';
import { useTexts } from '../language/language.ts';
import { usePolled } from '../parts/use-polled.ts';
import { useCall } from '../session/mine.ts';

const EVERY = 600_000;

/** Whom the token belongs to: whoever came by a link has typed no number. */
export function WhoAmI() {
  const texts = useTexts();
  const call = useCall();
  const load = useCallback(async () => (await (await call('GET', '')).json()) as Profile, [call]);
  const { value } = usePolled(load, EVERY);
  if (!value) return null;
  const { displayName, phoneNumber } = value;
  return <bdi>{texts.signedInAs(displayName === '' ? phoneNumber : `${displayName}, ${phoneNumber}`)}</bdi>;
}
