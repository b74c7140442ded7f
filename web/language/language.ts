import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import { readFrom, writeTo } from '../session/storage.ts';
import { en } from './en.ts';
import type { Texts } from './texts.ts';
import { zh } from './zh.ts';

/** BCP 47 */
export type Language = 'en' | 'zh-Hans';

const TEXTS: Record<Language, Texts> = { en, 'zh-Hans': zh };
const KEY = 'earshot.language';

/** What was chosen here before, else the first language of the browser that the page speaks. */
export function preferredLanguage(): Language {
  const chosen = readFrom('browser', KEY);
  const wanted = [chosen, ...navigator.languages].find((tag) => /^(?:en|zh)\b/i.test(tag ?? ''));
  return wanted?.toLowerCase().startsWith('zh') ? 'zh-Hans' : 'en';
}

export function rememberLanguage(language: Language): void {
  writeTo('browser', KEY, language);
}

export const LanguageContext = createContext<Language>('en');

export function useLanguage(): Language {
  return useContext(LanguageContext);
}

export function useTexts(): Texts {
  return TEXTS[useLanguage()];
}
