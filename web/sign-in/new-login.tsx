import { useTexts } from '../language/language.ts';
import { Secret } from '../parts/secret.tsx';

type Props = { jid: string; password: string; onDone: () => void };

/** The XMPP account of whoever has just become a subscriber; nobody can show the password again. */
export function NewLogin({ jid, password, onDone }: Props) {
  const texts = useTexts();
  return (
    <section class="card banner" aria-labelledby="new-login">
      <h2 id="new-login">{texts.newcomerTitle}</h2>
      <p>{texts.newcomerLead}</p>
      <dl>
        <Secret name={texts.address} text={jid} />
        <Secret name={texts.password} text={password} />
      </dl>
      <button type="button" class="main" onClick={onDone}>
        {texts.written}
      </button>
    </section>
  );
}
