import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import { readFrom, writeTo } from '../session/storage.ts';
import { en } from './en.ts';
import type { Texts } from './texts.ts';
import { zh } from './zh.ts';

/** A language that the page speaks, by its tag (BCP 47). */
export type Language = 'en' | 'zh-Hans';

const TEXTS: Record<Language, Texts> = { en, 'zh-Hans': zh };
const KEY = 'earshot.language';

/** What was chosen here before, else the first language of the browser that the page speaks. */
export function preferredLanguage(): Language {
  const chosen = readFrom('browser', KEY);
  const wanted = [chosen, ...navigator.languages].find((tag) => /^(?:en|zh)\b/i.test(tag ?? ''));
  return wanted?.toLowerCase().startsWith('zh') ? 'zh-Hans' : 'en';
}

/** For the next time, in this browser. */
export function rememberLanguage(language: Language): void {
  writeTo('browser', KEY, language);
}

/** The language of everything inside. */
export const LanguageContext = createContext<Language>('en');

/** See `LanguageContext`. */
export function useLanguage(): Language {
  return useContext(LanguageContext);
}

/** What the page says, in that language. */
export function useTexts(): Texts {
  return TEXTS[useLanguage()];
}
