import { useState } from 'preact/hooks';
import { useTexts } from '../language/language.ts';
import { Field } from '../parts/field.tsx';
import { Trouble } from '../parts/trouble.tsx';
import { useAction } from '../parts/use-action.ts';
import { useCall } from '../session/mine.ts';

const EMPTY = { name: '', url: '', username: '', password: '' };

/** Links one more address book; what was typed stays until it has worked. */
export function SourceForm({ onLinked }: { onLinked: () => void }) {
  const texts = useTexts();
  const call = useCall();
  const [fields, setFields] = useState(EMPTY);
  const { busy, problem, run } = useAction();
  const typed = (field: keyof typeof EMPTY) => ({
    value: fields[field],
    onText: (text: string) => setFields((before) => ({ ...before, [field]: text })),
  });

  function link(event: Event): void {
    event.preventDefault();
    const { name, url, username, password } = fields;
    const body = { url, ...(username === '' && password === '' ? {} : { username, password }) };
    void run(async () => {
      await call('PUT', `/address-book/sources/${encodeURIComponent(name)}`, { body });
      setFields(EMPTY);
      onLinked();
    });
  }
  return (
    <details>
      <summary>{texts.link}</summary>
      <form onSubmit={link} autoComplete="off">
        <Field
          label={texts.linkName}
          hint={texts.linkNameHint}
          required
          pattern="[a-z0-9\-]{1,32}"
          autoCapitalize="none"
          {...typed('name')}
        />
        <Field label={texts.linkUrl} type="url" required {...typed('url')} />
        <Field label={texts.linkUser} autoComplete="off" autoCapitalize="none" {...typed('username')} />
        <Field label={texts.password} type="password" autoComplete="new-password" {...typed('password')} />
        <Trouble text={problem} />
        <button type="submit" class="main" aria-busy={busy}>
          {texts.linkIt}
        </button>
      </form>
    </details>
  );
}
