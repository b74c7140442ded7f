import { useTexts } from '../language/language.ts';
import { PlayerPasswords } from './player-passwords.tsx';
import { SignedIn } from './signed-in.tsx';
import { WhoAmI } from './who-am-i.tsx';

/** What may act for me: devices with tokens, and players with passwords. */
export function DevicesView() {
  const texts = useTexts();
  return (
    <div class="narrow">
      <p class="lead">
        {texts.devicesLead} <WhoAmI />
      </p>
      <SignedIn />
      <PlayerPasswords />
    </div>
  );
}
