import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { toProblem } from '../api/problem.ts';
import { useTexts } from '../language/language.ts';
import { Field } from '../parts/field.tsx';
import { Trouble } from '../parts/trouble.tsx';
import { useAction } from '../parts/use-action.ts';
import type { Place } from '../session/storage.ts';
import type { Session } from '../session/use-session.ts';
import { codeTrouble } from './code-trouble.ts';
import { type Existing, logIn } from './log-in.ts';
import { type Sent, sendCode } from './send-code.ts';
import { WhoWasIt } from './who-was-it.tsx';

type Props = {
  sent: Sent;
  /** Whether somebody else had the number, of whom the person wants nothing. */
  anew: boolean;
  onSent: (sent: Sent) => void;
  onBack: () => void;
  onSignedIn: (session: Session, place: Place) => void;
};

/** Codes of which the newest are tried. */
const MOST_CODES = 3;

/** Asks for the code, and signs in with it; or has a new one sent. */
export function CodeForm({ sent, anew, onSent, onBack, onSignedIn }: Props) {
  const texts = useTexts();
  const [code, setCode] = useState('');
  const [asked, setAsked] = useState(false);
  const key = useMemo(randomMark, []);
  const form = useRef<HTMLFormElement>(null);
  const { busy, problem, run } = useAction((err) => codeTrouble(err, texts));
  useEffect(() => form.current?.querySelector('input')?.focus(), [sent]);

  const enter = (existing: Existing) =>
    run(async () => {
      try {
        const { token, jid, password } = await logIn(sent, code.replaceAll(/\s/g, ''), existing, key);
        onSignedIn(
          { token, by: 'code', ...(password === undefined ? {} : { newLogin: { jid, password } }) },
          sent.place,
        );
      } catch (err) {
        setAsked(toProblem(err).code === 'CONFIRMATION_REQUIRED');
        if (toProblem(err).code !== 'CONFIRMATION_REQUIRED') throw err;
      }
    });
  const sendAgain = () =>
    run(async () => {
      const newest = await sendCode(sent.phoneNumber);
      setCode('');
      setAsked(false);
      const authenticationIds = [newest, ...sent.authenticationIds].slice(0, MOST_CODES);
      onSent({ ...sent, authenticationIds });
    });
  function submit(event: Event): void {
    event.preventDefault();
    void enter(anew ? 'startAnew' : undefined);
  }
  return (
    <form onSubmit={submit} ref={form}>
      <p class="lead" role="status">
        {sent.authenticationIds.length > 1 ? texts.codeSentAgain(sent.phoneNumber) : texts.codeSent(sent.phoneNumber)}
      </p>
      <Field
        label={texts.code}
        inputMode="numeric"
        autoComplete="one-time-code"
        maxLength={12}
        required
        class="code"
        value={code}
        onText={setCode}
      />
      <Trouble text={problem} />
      {asked ? (
        <WhoWasIt onAnswer={enter} />
      ) : (
        <button type="submit" class="main" aria-busy={busy}>
          {texts.signIn}
        </button>
      )}
      <button type="button" class="quiet" onClick={sendAgain}>
        {texts.newCode}
      </button>
      <button type="button" class="quiet" onClick={onBack}>
        {texts.otherNumber}
      </button>
    </form>
  );
}

function randomMark(): string {
  return [...crypto.getRandomValues(new Uint32Array(4))].map((part) => part.toString(36)).join('');
}
