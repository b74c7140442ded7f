import { useState } from 'preact/hooks';
import { toProblem } from '../api/problem.ts';
import { useTexts } from '../language/language.ts';
import { Field } from '../parts/field.tsx';
import { Trouble } from '../parts/trouble.tsx';
import { useAction } from '../parts/use-action.ts';
import { type Sent, sendCode } from './send-code.ts';

/** Asks for a number, and has a code sent there. */
export function NumberForm({ onSent }: { onSent: (sent: Sent) => void }) {
  const texts = useTexts();
  const [number, setNumber] = useState('');
  const [stay, setStay] = useState(false);
  const { busy, problem, run } = useAction((err) =>
    toProblem(err).status === 400 ? texts.phoneNumberWrong : undefined,
  );

  function send(event: Event): void {
    event.preventDefault();
    void run(async () => {
      const phoneNumber = number.replaceAll(/[\s().-]/g, '');
      const authenticationId = await sendCode(phoneNumber);
      onSent({ phoneNumber, authenticationIds: [authenticationId], place: stay ? 'browser' : 'tab' });
    });
  }
  return (
    <form onSubmit={send}>
      <p class="lead">{texts.signInLead}</p>
      <Field
        label={texts.phoneNumber}
        hint={texts.phoneNumberHint}
        type="tel"
        autoComplete="tel"
        required
        value={number}
        onText={setNumber}
      />
      <label class="check">
        <input type="checkbox" checked={stay} onChange={(event) => setStay(event.currentTarget.checked)} />
        {texts.staySignedIn}
      </label>
      <Trouble text={problem} />
      <button type="submit" class="main" aria-busy={busy}>
        {texts.sendCode}
      </button>
    </form>
  );
}
