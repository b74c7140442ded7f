const CJK_NAME = /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}ー・]+$/u;

/** A name as people say it: given name first, but family name first and no space in Chinese, Japanese and Korean. */
export function spokenName(given: string, family: string): string {
  if (CJK_NAME.test(family) && CJK_NAME.test(given)) return family + given;
  return `${given} ${family}`.trim();
}
