import { useState } from 'preact/hooks';

type Props = { label: string; text: string; sure: string; onSure: () => void };

/** A button for what cannot be undone: it does it at the second press, and forgets the first when it is left or done. */
export function SureButton({ label, text, sure, onSure }: Props) {
  const [asked, setAsked] = useState(false);

  function press(): void {
    setAsked(!asked);
    if (asked) onSure();
  }
  return (
    <button
      type="button"
      class={asked ? 'danger' : 'quiet'}
      aria-label={asked ? `${sure}: ${label}` : label}
      onClick={press}
      onBlur={() => setAsked(false)}
    >
      {asked ? sure : text}
    </button>
  );
}
