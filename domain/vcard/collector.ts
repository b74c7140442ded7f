import { addToDraft } from './card.ts';
import { createValueDecoder } from './decode.ts';
import { createHoldBack, type Piece } from './held-back.ts';
import { createOpenCards, type VcardResult } from './open-cards.ts';
import { readPhoto } from './photo.ts';
import { type Property, splitProperty } from './property.ts';
import type { PropertySink } from './unfold.ts';

export type { VcardResult } from './open-cards.ts';

/** Makes cards of properties, as these come one after the other. */
export type CardCollector = {
  /** whether it wants to see the next property; asked once for each */
  wants(name: string): boolean;
  property: PropertySink;
  /** what still comes stands on a line without an end, and may have lost the rest of it */
  cutOff(): void;
  /** the file is over */
  end(): void;
  /** the results since the last call */
  take(): VcardResult[];
};

const STRUCTURE = ['BEGIN', 'END', 'AGENT'];
const WANTED: ReadonlySet<string> = new Set([
  ...[...STRUCTURE, 'VERSION', 'FN', 'N', 'NICKNAME', 'ORG', 'EMAIL', 'TEL', 'UID', 'CATEGORIES', 'PHOTO'],
  ...['KIND', 'MEMBER', 'X-ADDRESSBOOKSERVER-KIND', 'X-ADDRESSBOOKSERVER-MEMBER'],
]);

type Line = Piece & { name: string; line: number; cut: boolean };

/** Builds contacts from a file's properties. A card inside AGENT (vCard 2.1) is part of its card and is read over. */
export function createCardCollector(): CardCollector {
  const decoder = createValueDecoder();
  let results: VcardResult[] = [];
  const cards = createOpenCards((result) => results.push(result));
  let agents = 0;
  let agentOpen = false;
  let cut = false;

  /** False for a text whose encoding must be guessed first; nothing has happened then. */
  function read({ name, bytes, line, cut: isCut }: Line): boolean {
    const parts = splitProperty(bytes);
    if (parts === undefined || (name !== 'BEGIN' && !cards.isOpen())) return true;
    const marker = STRUCTURE.includes(name) ? parts.value.toString('latin1').trim().toUpperCase() : '';
    if (name === 'BEGIN' && marker === 'VCARD') begin(line);
    else if (name === 'END' && marker === 'VCARD') end();
    else if (name === 'AGENT' && marker === 'BEGIN:VCARD') agents += 1;
    else if (agents === 0 && marker === '' && !isCut && !addProperty(name, parts)) return false;
    agentOpen = name === 'AGENT' && marker === '';
    return true;
  }
  function begin(line: number): void {
    if (agentOpen) agents += 1;
    else {
      if (agents > 0) cards.abandon();
      agents = 0;
      cards.begin(line);
    }
  }
  function end(): void {
    if (agents > 0) agents -= 1;
    else cards.end();
  }
  function addProperty(name: string, parts: Property): boolean {
    const draft = cards.current();
    if (draft === undefined) return true;
    if (name === 'PHOTO') {
      draft.photo ??= readPhoto(parts);
      return true;
    }
    const text = decoder.decode(parts);
    if (text !== undefined) addToDraft(draft, name, text);
    return text !== undefined;
  }
  const lines = createHoldBack(read, (held) => decoder.settle(held.flatMap(({ bytes }) => splitProperty(bytes) ?? [])));
  return {
    wants: (name) => WANTED.has(name) && (STRUCTURE.includes(name) || cards.takesMore()),
    property: (name, bytes, line) => lines.push({ name, bytes, line, cut }),
    cutOff() {
      cut = true;
    },
    end() {
      lines.end();
      cards.abandon();
    },
    take() {
      const taken = results;
      results = [];
      return taken;
    },
  };
}
