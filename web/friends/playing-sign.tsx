import { useTexts } from '../language/language.ts';

/** Something sounds, or is seen. */
export function PlayingSign({ kind }: { kind: 'audio' | 'video' }) {
  const texts = useTexts();
  return (
    <span class={`playing-sign ${kind}`} role="img" aria-label={kind === 'video' ? texts.playsVideo : texts.playsMusic}>
      <i />
      <i />
      <i />
    </span>
  );
}
