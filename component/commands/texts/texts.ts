import { en } from './texts-en.ts';
import { zh } from './texts-zh.ts';

/** All that commands say, in one language. */
export type Texts = typeof en;
export type CommandName = keyof Texts['commands'];
export type Language = 'en' | 'zh';

/** All that commands say, by language. */
export const TEXTS: Readonly<Record<Language, Texts>> = { en, zh };

/** The language of an `xml:lang` (RFC 5646); English for those there are no texts in. */
export function languageOf(tag: string | undefined): Language {
  return /^zh(?:-|$)/i.test(tag ?? '') ? 'zh' : 'en';
}
