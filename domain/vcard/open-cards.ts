import type { Photo } from '../photo.ts';
import { type CardDraft, createCardDraft, finishCard, groupOf, type VcardContact, type VcardGroup } from './card.ts';
import { MAX_NESTED, MAX_PROPERTIES } from './limits.ts';

/**
 * One card of the file, by its position from 0, broken ones counted. `remark`: what was wrong with it although it was read. A rejected card
 * comes with the line it begins on, from 1, and a sentence for the user that quotes nothing of it.
 */
export type VcardResult =
  | { index: number; contact: VcardContact; photo?: Photo; remark?: string }
  | { index: number; group: VcardGroup }
  | { index: number; line: number; reason: string };

type Open = { draft: CardDraft; line: number; properties: number };
type Closed = Open & { nested: boolean; unfinished: boolean };

const NO_END = 'The card has no END:VCARD line.';
const NOBODY = 'The card has no name and no telephone number.';

/** The cards that have begun and not ended, one within the other, and those within them that have ended. */
export type OpenCards = {
  begin(line: number): void;
  isOpen(): boolean;
  /** counts one more property of the card that is open: whether it is still looked at */
  takesMore(): boolean;
  /** the draft that a property belongs to */
  current(): CardDraft | undefined;
  end(): void;
  /** ends all that are open, as the file does not */
  abandon(): void;
};

/**
 * Reads cards that stand in another card, and cards whose END is missing. Both begin alike: with a
 * BEGIN inside an open card. If the outer card has more lines after the inner END, the inner card
 * stood in it. If the next thing is another BEGIN, the outer card had lost its END. `next` gets the
 * cards in the order in which they begin.
 */
export function createOpenCards(next: (result: VcardResult) => void): OpenCards {
  let open: Open[] = [];
  let closed: Closed[] = [];
  let innerEnded = false;
  let cards = 0;

  function close(card: Open, unfinished: boolean): void {
    closed.push({ ...card, unfinished, nested: false });
    innerEnded = open.length > 0;
    if (open.length === 0) flush();
  }
  function flush(): void {
    for (const card of closed.sort((a, b) => a.line - b.line)) next({ index: cards++, ...resultOf(card) });
    closed = [];
  }
  function abandon(): void {
    for (let card = open.pop(); card; card = open.pop()) close(card, true);
  }
  /** A line of the outer card, or its END: so the inner card did stand in it. */
  function goOn(): void {
    const inner = closed.at(-1);
    if (innerEnded && inner) inner.nested = true;
    innerEnded = false;
  }
  return {
    begin(line) {
      if (innerEnded || open.length >= MAX_NESTED.open || closed.length >= MAX_NESTED.waiting) abandon();
      innerEnded = false;
      open = [...open, { draft: createCardDraft(), line, properties: 0 }];
    },
    isOpen: () => open.length > 0,
    takesMore() {
      const card = open.at(-1);
      if (card === undefined) return true;
      card.properties += 1;
      return card.properties <= MAX_PROPERTIES;
    },
    current() {
      goOn();
      return open.at(-1)?.draft;
    },
    end() {
      goOn();
      const card = open.pop();
      if (card) close(card, false);
    },
    abandon,
  };
}

type Finished =
  | { contact: VcardContact; photo?: Photo; remark?: string }
  | { group: VcardGroup }
  | { line: number; reason: string };

function resultOf({ draft, line, properties, nested, unfinished }: Closed): Finished {
  const group = groupOf(draft);
  if (group !== undefined) return { group };
  const contact = finishCard(draft);
  if (contact === undefined) return { line, reason: unfinished ? NO_END : NOBODY };
  const wrong = [
    ...(unfinished ? ['has no END:VCARD line'] : nested ? ['stands within another card'] : []),
    ...(properties > MAX_PROPERTIES ? [`has more than ${MAX_PROPERTIES} lines, and the others were not read`] : []),
  ];
  return {
    contact,
    ...(draft.photo && { photo: draft.photo }),
    ...(wrong.length > 0 && { remark: `Kept, but the card on line ${line} ${wrong.join(', and ')}.` }),
  };
}
