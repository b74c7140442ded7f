import { useCallback, useState } from 'preact/hooks';
import type { Source } from '../api/shapes.ts';
import { useTexts } from '../language/language.ts';
import { Trouble } from '../parts/trouble.tsx';
import { useAction } from '../parts/use-action.ts';
import { usePolled } from '../parts/use-polled.ts';
import { useCall } from '../session/mine.ts';
import { SourceForm } from './source-form.tsx';
import { SourceRow } from './source-row.tsx';

/** Milliseconds between two looks: while one is being read, and else. */
const SOON = 1_500;
const EVERY = 60_000;

/** Address books on the network that are linked. */
export function Sources() {
  const texts = useTexts();
  const call = useCall();
  const [reading, setReading] = useState(false);
  const load = useCallback(async () => {
    const { sources } = (await (await call('GET', '/address-book/sources')).json()) as { sources: Source[] };
    setReading(sources.some(({ state }) => state === 'reading'));
    return sources;
  }, [call]);
  const { value: sources, refresh } = usePolled(load, reading ? SOON : EVERY);
  const { problem, inTurn } = useAction();

  const act = (method: string, path: string) =>
    inTurn(async () => {
      await call(method, `/address-book/sources/${path}`);
      await refresh();
    });
  return (
    <section class="card" aria-labelledby="sources">
      <h2 id="sources">{texts.linked}</h2>
      <p class="hint">{texts.linkedLead}</p>
      {sources?.length === 0 && <p>{texts.linkedNone}</p>}
      <ul class="rows">
        {sources?.map((source) => (
          <SourceRow
            key={source.name}
            source={source}
            onRead={() => act('POST', `${source.name}/read`)}
            onRemove={() => act('DELETE', source.name)}
          />
        ))}
      </ul>
      <Trouble text={problem} />
      <SourceForm onLinked={refresh} />
    </section>
  );
}
