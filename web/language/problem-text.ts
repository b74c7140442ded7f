import { toProblem } from '../api/problem.ts';
import type { Language } from './language.ts';
import type { Texts } from './texts.ts';
import { waitText } from './times.ts';

/** What went wrong, for a person. What the API says about the particular case is English, and better than nothing. */
export function problemText(err: unknown, texts: Texts, language: Language): string {
  const { status, code, message, retryAfter } = toProblem(err);
  if (code === 'UNREACHABLE') return texts.unreachable;
  if (status >= 500) return texts.unavailable;
  if (status === 429) return texts.tooOften(retryAfter ? waitText(retryAfter, language) : texts.soon);
  if (status === 415) return texts.wrongFile;
  return texts.unexpected(message);
}
