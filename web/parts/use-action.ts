import { useRef, useState } from 'preact/hooks';
import { useLanguage, useTexts } from '../language/language.ts';
import { problemText } from '../language/problem-text.ts';

/**
 * Something that a button does: whether it is under way, and what went wrong, in words. `explain` may say it better than the usual words.
 * `run` does nothing while it is under way, which the button has to show (`busy`); `inTurn` does it when that is over: of two settings
 * that somebody changes one right after the other none is lost.
 */
export function useAction(explain?: (err: unknown) => string | undefined) {
  const texts = useTexts();
  const language = useLanguage();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string>();
  const last = useRef(Promise.resolve());

  async function run(action: () => Promise<void>): Promise<void> {
    if (!busy) await perform(action);
  }

  function inTurn(action: () => Promise<void>): Promise<void> {
    last.current = last.current.then(() => perform(action));
    return last.current;
  }

  async function perform(action: () => Promise<void>): Promise<void> {
    setBusy(true);
    setProblem(undefined);
    try {
      await action();
    } catch (err) {
      setProblem(explain?.(err) ?? problemText(err, texts, language));
    } finally {
      setBusy(false);
    }
  }
  return { busy, problem, run, inTurn, setProblem };
}
