import { useId } from 'preact/hooks';

type Props = { label: string; hint?: string; on: boolean; disabled?: boolean; onChange: (on: boolean) => void };

/** Something that is on or off, at once. */
export function Switch({ label, hint, on, disabled = false, onChange }: Props) {
  const id = useId();
  return (
    <div class="switch">
      <div>
        <span id={`${id}-label`}>{label}</span>
        {hint !== undefined && (
          <p class="hint" id={`${id}-hint`}>
            {hint}
          </p>
        )}
      </div>
      <button
        type="button"
        role="switch"
        aria-checked={on}
        aria-labelledby={`${id}-label`}
        aria-describedby={hint === undefined ? undefined : `${id}-hint`}
        disabled={disabled}
        onClick={() => onChange(!on)}
      >
        <span aria-hidden="true" />
      </button>
    </div>
  );
}
