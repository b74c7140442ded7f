import { useCallback } from 'preact/hooks';
import type { Profile } from '../api/shapes.ts';
import { useTexts } from '../language/language.ts';
import { SureButton } from '../parts/sure-button.tsx';
import { usePolled } from '../parts/use-polled.ts';
import { useCall } from '../session/mine.ts';
import { PlayerPasswords } from './player-passwords.tsx';
import { SignedIn } from './signed-in.tsx';
import { XmppAccount } from './xmpp-account.tsx';

const EVERY = 600_000;

/** What may act for me: devices with tokens, players with passwords, and my XMPP account. */
export function DevicesView({ onNotMe }: { onNotMe: () => void }) {
  const texts = useTexts();
  const call = useCall();
  const load = useCallback(async () => (await (await call('GET', '')).json()) as Profile, [call]);
  const { value: profile } = usePolled(load, EVERY);
  return (
    <div class="narrow">
      <p class="lead">
        {texts.devicesLead} {profile && <bdi>{texts.signedInAs(whoIs(profile))}</bdi>}{' '}
        <SureButton label={texts.notMe} text={texts.notMe} sure={texts.notMeSure} onSure={onNotMe} />
      </p>
      <SignedIn />
      <PlayerPasswords />
      {profile && <XmppAccount jid={profile.jid} />}
    </div>
  );
}

/** Whoever came by a link has typed no number. */
function whoIs({ displayName, phoneNumber }: Profile): string {
  return displayName === '' ? phoneNumber : `${displayName}, ${phoneNumber}`;
}
