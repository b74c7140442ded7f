import { useId } from 'preact/hooks';

type Props = {
  label: string;
  hint?: string;
  value: string;
  onText: (text: string) => void;
  type?: 'text' | 'tel' | 'url' | 'password';
  required?: boolean;
  autoComplete?: 'tel' | 'one-time-code' | 'new-password' | 'off';
  autoCapitalize?: 'none';
  inputMode?: 'numeric';
  maxLength?: number;
  pattern?: string;
  class?: string;
};

/** An input with its label and a hint. */
export function Field({ label, hint, onText, type = 'text', ...input }: Props) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        {...input}
        id={id}
        // Types that take other roles than a plain text's have other types; no role is given here.
        type={type as 'text'}
        aria-describedby={hint === undefined ? undefined : `${id}-hint`}
        onInput={(event) => onText(event.currentTarget.value)}
      />
      {hint !== undefined && (
        <p class="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </div>
  );
}
