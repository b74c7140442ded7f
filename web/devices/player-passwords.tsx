import { useCallback, useState } from 'preact/hooks';
import { toProblem } from '../api/problem.ts';
import type { NewPlayerPassword, PlayerPassword } from '../api/shapes.ts';
import { useLanguage, useTexts } from '../language/language.ts';
import { dayText } from '../language/times.ts';
import { SureButton } from '../parts/sure-button.tsx';
import { Trouble } from '../parts/trouble.tsx';
import { useAction } from '../parts/use-action.ts';
import { usePolled } from '../parts/use-polled.ts';
import { useCall } from '../session/mine.ts';
import { PlayerForm } from './player-form.tsx';
import { PlayerHints } from './player-hints.tsx';

const EVERY = 60_000;
const PATH = '/application-passwords';

/** Passwords of players; nothing where the operator has closed the players' doors. */
export function PlayerPasswords() {
  const texts = useTexts();
  const call = useCall();
  const [made, setMade] = useState<NewPlayerPassword>();
  const load = useCallback(async () => {
    const answer = await call('GET', PATH);
    return ((await answer.json()) as { applicationPasswords: PlayerPassword[] }).applicationPasswords;
  }, [call]);
  const { value: passwords, failed, refresh } = usePolled(load, EVERY);
  const { problem, inTurn } = useAction();

  const revoke = (id: string) =>
    inTurn(async () => {
      await call('DELETE', `${PATH}/${id}`);
      if (made?.applicationPasswordId === id) setMade(undefined);
      await refresh();
    });
  async function make(name: string): Promise<void> {
    setMade(await (await call('POST', PATH, { body: { name } })).json());
    await refresh();
  }
  if (failed && toProblem(failed).status === 404) return null;
  return (
    <section class="card" aria-labelledby="players">
      <h2 id="players">{texts.players}</h2>
      <p class="hint">{texts.playersLead}</p>
      {passwords?.length === 0 && <p>{texts.playersNone}</p>}
      <ul class="rows">
        {passwords?.map((one) => (
          <PasswordRow key={one.applicationPasswordId} password={one} onRevoke={revoke} />
        ))}
      </ul>
      <Trouble text={problem} />
      {made && <PlayerHints made={made} onDone={() => setMade(undefined)} />}
      <PlayerForm onMake={make} />
    </section>
  );
}

function PasswordRow({ password, onRevoke }: { password: PlayerPassword; onRevoke: (id: string) => void }) {
  const texts = useTexts();
  const language = useLanguage();
  const { applicationPasswordId: id, name, createdAt } = password;
  return (
    <li>
      <div>
        <h3>
          <bdi>{name}</bdi>
        </h3>
        <p class="hint">{texts.since(dayText(createdAt, language))}</p>
      </div>
      <div class="buttons">
        <SureButton
          label={texts.revokeNamed(name)}
          text={texts.revoke}
          sure={texts.revokeSure}
          onSure={() => onRevoke(id)}
        />
      </div>
    </li>
  );
}
