import { useState } from 'preact/hooks';
import { useTexts } from '../language/language.ts';

/** A text to be copied, with its name. */
export function Secret({ name, text }: { name: string; text: string }) {
  const texts = useTexts();
  const [copied, setCopied] = useState(false);
  // Only where the connection is safe do browsers let a page write there.
  const clipboard = navigator.clipboard as Clipboard | undefined;

  async function copy(): Promise<void> {
    await clipboard?.writeText(text);
    setCopied(true);
  }
  return (
    <div class="secret">
      <dt>{name}</dt>
      <dd>
        <code>{text}</code>
        {clipboard && (
          <button type="button" class="quiet" aria-label={`${texts.copy}: ${name}`} onClick={copy}>
            {copied ? texts.copied : texts.copy}
          </button>
        )}
      </dd>
    </div>
  );
}
