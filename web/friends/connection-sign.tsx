import { useTexts } from '../language/language.ts';
import type { Connection } from './follow.ts';

/** Whether what is shown is what is. */
export function ConnectionSign({ connection }: { connection: Connection }) {
  const texts = useTexts();
  const text = { live: texts.live, connecting: texts.connecting, lost: texts.reconnecting }[connection];
  return (
    <p class={`connection ${connection}`} role="status">
      {text}
    </p>
  );
}
