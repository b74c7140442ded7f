import { useTexts } from '../language/language.ts';
import { SureButton } from '../parts/sure-button.tsx';
import type { Existing } from './log-in.ts';

/** Asks whether the person who had this number here before is the one who signs in. */
export function WhoWasIt({ onAnswer }: { onAnswer: (existing: Existing) => void }) {
  const texts = useTexts();
  return (
    <fieldset class="who-was-it">
      <legend>{texts.whoWasIt}</legend>
      <button type="button" class="main" onClick={() => onAnswer('continue')}>
        {texts.itWasMe}
      </button>
      <SureButton
        label={texts.itWasNotMe}
        text={texts.itWasNotMe}
        sure={texts.startAnewSure}
        onSure={() => onAnswer('startAnew')}
      />
    </fieldset>
  );
}
