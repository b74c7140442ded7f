import { type Language, useLanguage, useTexts } from '../language/language.ts';

/** Each language by its own name, for whoever does not understand the other. */
const NAMES: Record<Language, string> = { en: 'English', 'zh-Hans': '中文' };

/** A list of the languages that the page speaks. */
export function LanguageChoice({ onChoose }: { onChoose: (language: Language) => void }) {
  const texts = useTexts();
  const language = useLanguage();
  return (
    <select
      class="language"
      aria-label={texts.language}
      value={language}
      onChange={(event) => onChoose(event.currentTarget.value as Language)}
    >
      {(Object.keys(NAMES) as Language[]).map((one) => (
        <option key={one} value={one} lang={one}>
          {NAMES[one]}
        </option>
      ))}
    </select>
  );
}
