import { useState } from 'preact/hooks';
import { toProblem } from '../api/problem.ts';
import { useTexts } from '../language/language.ts';
import { Secret } from '../parts/secret.tsx';
import { SureButton } from '../parts/sure-button.tsx';
import { Trouble } from '../parts/trouble.tsx';
import { useAction } from '../parts/use-action.ts';
import { useCall } from '../session/mine.ts';

/** The address of my XMPP account, and a new password for it: nobody can show the one that it has. */
export function XmppAccount({ jid }: { jid: string }) {
  const texts = useTexts();
  const call = useCall();
  const [password, setPassword] = useState<string>();
  const { problem, run } = useAction((err) => (toProblem(err).status === 409 ? texts.accountNotOurs : undefined));

  const renew = () =>
    run(async () => {
      const answer = await call('POST', '/password');
      setPassword(((await answer.json()) as { password: string }).password);
    });
  return (
    <section class="card" aria-labelledby="xmpp-account">
      <h2 id="xmpp-account">{texts.xmppAccount}</h2>
      <p class="hint">{texts.xmppAccountLead}</p>
      <dl>
        <Secret name={texts.address} text={jid} />
        {password !== undefined && <Secret name={texts.newPassword} text={password} />}
      </dl>
      <Trouble text={problem} />
      {password === undefined ? (
        <SureButton
          label={texts.renewPassword}
          text={texts.renewPassword}
          sure={texts.renewPasswordSure}
          onSure={renew}
        />
      ) : (
        <button type="button" onClick={() => setPassword(undefined)}>
          {texts.written}
        </button>
      )}
    </section>
  );
}
