import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { callApi } from '../api/call.ts';
import { toProblem } from '../api/problem.ts';
import type { Login } from '../api/shapes.ts';
import { useTexts } from '../language/language.ts';
import { Field } from '../parts/field.tsx';
import { Trouble } from '../parts/trouble.tsx';
import { useAction } from '../parts/use-action.ts';
import { deviceName } from '../session/device-name.ts';
import type { Place } from '../session/storage.ts';
import type { Session } from '../session/use-session.ts';
import { sendCode } from './send-code.ts';
import type { Sent } from './sign-in.tsx';

type Props = {
  sent: Sent;
  onSent: (sent: Sent) => void;
  onBack: () => void;
  onSignedIn: (session: Session, place: Place) => void;
};

/** Asks for the code, and signs in with it; or has a new one sent. */
export function CodeForm({ sent, onSent, onBack, onSignedIn }: Props) {
  const texts = useTexts();
  const [code, setCode] = useState('');
  // The same code again gets the same answer: one that was lost on the way is had again.
  const mark = useMemo(randomMark, [sent.authenticationId]);
  const form = useRef<HTMLFormElement>(null);
  const { busy, problem, run } = useAction(
    (err) => ({ 400: texts.codeShape, 401: texts.codeWrong })[toProblem(err).status],
  );
  useEffect(() => form.current?.querySelector('input')?.focus(), [sent.authenticationId]);

  function send(event: Event): void {
    event.preventDefault();
    const digits = code.replaceAll(/\s/g, '');
    void run(async () => {
      const { token, jid, password } = await logIn(sent, digits, `${mark}-${digits}`);
      onSignedIn({ token, by: 'code', ...(password === undefined ? {} : { newLogin: { jid, password } }) }, sent.place);
    });
  }
  const sendAgain = () =>
    run(async () => {
      const authenticationId = await sendCode(sent.phoneNumber);
      setCode('');
      onSent({ ...sent, authenticationId, again: true });
    });
  return (
    <form onSubmit={send} ref={form}>
      <p class="lead" role="status">
        {sent.again ? texts.codeSentAgain(sent.phoneNumber) : texts.codeSent(sent.phoneNumber)}
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
      <button type="submit" class="main" aria-busy={busy}>
        {texts.signIn}
      </button>
      <button type="button" class="quiet" onClick={sendAgain}>
        {texts.newCode}
      </button>
      <button type="button" class="quiet" onClick={onBack}>
        {texts.otherNumber}
      </button>
    </form>
  );
}

async function logIn({ authenticationId, place }: Sent, code: string, key: string): Promise<Login> {
  const body = { authenticationId, code, deviceName: deviceName(place) };
  const headers = { 'idempotency-key': key };
  return (await callApi('POST', '/verification/validate-code', { body, headers })).json();
}

function randomMark(): string {
  return [...crypto.getRandomValues(new Uint32Array(4))].map((part) => part.toString(36)).join('');
}
