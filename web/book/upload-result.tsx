import { useEffect, useRef } from 'preact/hooks';
import type { Rejected } from '../api/shapes.ts';
import { useTexts } from '../language/language.ts';
import type { Outcome } from './send-book.ts';

const MOST_SHOWN = 50;

/** How an upload went: how many were read, how many friends were found, what was refused and why. */
export function UploadResult({ outcome }: { outcome: Outcome }) {
  const texts = useTexts();
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), [outcome]);
  return (
    <div class="result">
      <h3 ref={heading} tabIndex={-1}>
        {texts.uploadDone}
      </h3>
      {outcome.kind === 'over-budget' && <p class="notice">{texts.overBudget}</p>}
      <ul class="figures">
        {outcome.kind === 'taken' && <li>{texts.read(outcome.contacts)}</li>}
        <li>{texts.bookMatched(outcome.matched)}</li>
        {outcome.kind === 'taken' && <li>{texts.refused(outcome.rejected.length)}</li>}
        {outcome.kind === 'over-budget' && <li>{texts.bookWaiting(outcome.waiting)}</li>}
      </ul>
      {outcome.kind === 'taken' && outcome.rejected.length > 0 && <Refusals rejected={outcome.rejected} />}
    </div>
  );
}

function Refusals({ rejected }: { rejected: Rejected[] }) {
  const texts = useTexts();
  const more = rejected.length - MOST_SHOWN;
  return (
    <>
      <ol class="refusals">
        {rejected.slice(0, MOST_SHOWN).map(({ index, detail }) => (
          <li key={`${index} ${detail}`}>
            <strong>{texts.entry(index + 1)}</strong> {texts.reason(detail)}
          </li>
        ))}
      </ol>
      {more > 0 && <p class="hint">{texts.more(more)}</p>}
    </>
  );
}
