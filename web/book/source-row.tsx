import type { Source } from '../api/shapes.ts';
import { useLanguage, useTexts } from '../language/language.ts';
import { momentText } from '../language/times.ts';
import { SureButton } from '../parts/sure-button.tsx';

type Props = { source: Source; onRead: () => void; onRemove: () => void };

/** One linked address book, how its last read went, and what can be done with it. */
export function SourceRow({ source, onRead, onRemove }: Props) {
  const texts = useTexts();
  const language = useLanguage();
  const { name, url, state, contacts, lastReadAt, problem } = source;
  const states = { reading: texts.sourceReading, current: texts.sourceCurrent, failing: texts.sourceFailing };
  const facts = [
    states[state],
    texts.bookContacts(contacts),
    ...(lastReadAt === undefined ? [] : [texts.lastRead(momentText(lastReadAt, language))]),
  ];
  return (
    <li class={state}>
      <div>
        <h3>{name}</h3>
        <p class="hint url">{url}</p>
        <p class="hint">{facts.join(' · ')}</p>
        {problem && <p class="trouble">{problem.detail}</p>}
      </div>
      <div class="buttons">
        <button type="button" class="quiet" aria-label={texts.readNamed(name)} onClick={onRead}>
          {texts.readNow}
        </button>
        <SureButton label={texts.removeNamed(name)} text={texts.remove} sure={texts.removeSure} onSure={onRemove} />
      </div>
    </li>
  );
}
