import { useState } from 'preact/hooks';
import { useLanguage, useTexts } from '../language/language.ts';
import { problemText } from '../language/problem-text.ts';

/** Something that a button does: whether it is under way, and what went wrong, in words. `explain` may say it better than the usual words. */
export function useAction(explain?: (err: unknown) => string | undefined) {
  const texts = useTexts();
  const language = useLanguage();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string>();

  async function run(action: () => Promise<void>): Promise<void> {
    if (busy) return;
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
  return { busy, problem, run, setProblem };
}
