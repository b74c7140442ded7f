import { useCallback } from 'preact/hooks';
import type { OwnTune } from '../api/shapes.ts';
import { useTexts } from '../language/language.ts';
import { Trouble } from '../parts/trouble.tsx';
import { useAction } from '../parts/use-action.ts';
import { usePolled } from '../parts/use-polled.ts';
import { Piece } from '../piece/piece.tsx';
import { Progress } from '../piece/progress.tsx';
import { useCall } from '../session/mine.ts';
import { PrivateSession } from './private-session.tsx';
import { Sharing } from './sharing.tsx';
import type { PrivacyControl } from './use-privacy.ts';

/** The stream tells about friends only. */
const EVERY = 10_000;

/** What I play, whether friends see it, and how to change that. */
export function Mine({ privacy }: { privacy: PrivacyControl }) {
  const texts = useTexts();
  const call = useCall();
  const load = useCallback(async () => {
    const answer = await call('GET', '/now-playing');
    return answer.status === 204 ? null : ((await answer.json()) as OwnTune);
  }, [call]);
  const { value: tune, refresh } = usePolled(load, EVERY);
  const { problem, run } = useAction();

  const stop = () =>
    run(async () => {
      await call('DELETE', '/now-playing');
      await refresh();
    });
  const change: PrivacyControl['change'] = async (wanted) => {
    await privacy.change(wanted);
    void refresh();
  };
  return (
    <section class="card mine" aria-labelledby="mine">
      <h2 id="mine">{texts.youShare}</h2>
      {tune === null && <p class="hint">{texts.nothingPlays}</p>}
      {tune && <Shown tune={tune} onStop={stop} />}
      <Trouble text={problem} />
      <PrivateSession privacy={privacy.privacy} onChange={change} />
      <Sharing privacy={privacy.privacy} onChange={change} />
    </section>
  );
}

function Shown({ tune, onStop }: { tune: OwnTune; onStop: () => void }) {
  const texts = useTexts();
  return (
    <div class="tune">
      <Piece piece={tune} />
      <Progress tune={tune} />
      <p class="hint">
        <span class={tune.shared ? 'shared' : 'not-shared'}>{tune.shared ? texts.shared : texts.notShared}</span>
        {' · '}
        <bdi>{texts.from(tune.player ?? tune.device)}</bdi>
      </p>
      <button type="button" class="quiet" onClick={onStop}>
        {texts.stop}
      </button>
    </div>
  );
}
