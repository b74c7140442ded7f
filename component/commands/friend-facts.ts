import type { Done, Note } from './command.ts';
import { fitting } from './fitting.ts';
import type { Texts } from './texts/texts.ts';

type Line = { label: string; value: string };

/**
 * A field for each friend. Clients show these as they are, and no table (Gajim 1.7 hangs on one, Psi 1.5 and profanity show an empty form). Of those
 * that do not fit a note says how many there are.
 */
export function friendFacts(title: string, lines: readonly Line[], { friends: words }: Texts): Done {
  const told = fitting(lines, ({ label, value }) => label + value);
  const left = lines.length - told.length;
  const notes: Note[] = left > 0 ? [{ type: 'warn', text: words.more(left) }] : [];
  return { title, notes, facts: told.map((line, i) => ({ name: `friend-${i + 1}`, ...line })) };
}
