import { useState } from 'preact/hooks';
import { useTexts } from '../language/language.ts';
import { Field } from '../parts/field.tsx';
import { Trouble } from '../parts/trouble.tsx';
import { useAction } from '../parts/use-action.ts';

/** Asks which player a password is for. */
export function PlayerForm({ onMake }: { onMake: (name: string) => Promise<void> }) {
  const texts = useTexts();
  const [name, setName] = useState('');
  const { busy, problem, run } = useAction();

  function make(event: Event): void {
    event.preventDefault();
    void run(async () => {
      await onMake(name);
      setName('');
    });
  }
  return (
    <form class="inline" onSubmit={make}>
      <Field
        label={texts.playerName}
        hint={texts.playerNameHint}
        required
        maxLength={64}
        autoComplete="off"
        value={name}
        onText={setName}
      />
      <Trouble text={problem} />
      <button type="submit" class="main" aria-busy={busy}>
        {texts.makePassword}
      </button>
    </form>
  );
}
