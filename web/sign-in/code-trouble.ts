import { toProblem } from '../api/problem.ts';
import type { Texts } from '../language/texts.ts';

/** Why a code did not sign in, in words of this form; undefined for what may happen to any call. */
export function codeTrouble(err: unknown, texts: Texts): string | undefined {
  const { status, code } = toProblem(err);
  if (code === 'CONFLICT') return texts.beingMade;
  return { 400: texts.codeShape, 401: texts.codeWrong }[status];
}
