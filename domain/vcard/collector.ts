import type { Photo } from '../photo.ts';
import { addToDraft, type CardDraft, createCardDraft, finishCard, type VcardContact } from './card.ts';
import { createValueDecoder } from './decode.ts';
import { readPhoto } from './photo.ts';
import { type Property, splitProperty } from './property.ts';
import type { PropertySink } from './unfold.ts';

/**
 * One card of the file, by its position from 0, broken ones counted. A rejected card comes with the line it begins on, from 1, and a
 * sentence for the user that quotes nothing of it.
 */
export type VcardResult =
  | { index: number; contact: VcardContact; photo?: Photo }
  | { index: number; line: number; reason: string };

export type CardCollector = {
  /** the properties it wants to see */
  wanted: ReadonlySet<string>;
  property: PropertySink;
  /** the file is over */
  end(): void;
  /** the results since the last call */
  take(): VcardResult[];
};

const WANTED: ReadonlySet<string> = new Set([
  'BEGIN',
  'END',
  'VERSION',
  'FN',
  'N',
  'NICKNAME',
  'ORG',
  'EMAIL',
  'TEL',
  'UID',
  'CATEGORIES',
  'AGENT',
  'PHOTO',
]);
const NO_END = 'The card has no END:VCARD line.';
const NOBODY = 'The card has no name and no telephone number.';

/** Builds contacts from a file's properties. A card inside AGENT (vCard 2.1) is part of its card and is read over. */
export function createCardCollector(): CardCollector {
  const decode = createValueDecoder();
  let results: VcardResult[] = [];
  let draft: CardDraft | undefined;
  let cards = 0;
  let beginLine = 0;
  let nested = 0;
  let agentOpen = false;

  function begin(line: number): void {
    if (draft !== undefined && agentOpen) {
      nested += 1;
      return;
    }
    abandon();
    draft = createCardDraft();
    beginLine = line;
  }
  function abandon(): void {
    if (draft !== undefined) results.push({ index: cards++, line: beginLine, reason: NO_END });
    draft = undefined;
    nested = 0;
  }
  function finish(): void {
    if (draft === undefined) return;
    if (nested > 0) {
      nested -= 1;
      return;
    }
    const contact = finishCard(draft);
    if (contact === undefined) results.push({ index: cards++, line: beginLine, reason: NOBODY });
    else results.push({ index: cards++, contact, ...(draft.photo && { photo: draft.photo }) });
    draft = undefined;
  }
  function property(name: string, bytes: Parameters<PropertySink>[1], line: number): void {
    const parts = splitProperty(bytes);
    if (parts === undefined || (draft === undefined && name !== 'BEGIN')) return;
    const marker =
      name === 'BEGIN' || name === 'END' || name === 'AGENT' ? parts.value.toString('latin1').trim().toUpperCase() : '';
    if (name === 'BEGIN' && marker === 'VCARD') begin(line);
    else if (name === 'END' && marker === 'VCARD') finish();
    else if (name === 'AGENT' && marker === 'BEGIN:VCARD') nested += 1;
    else if (nested === 0 && draft !== undefined && marker === '') addProperty(draft, name, parts);
    agentOpen = name === 'AGENT' && marker === '';
  }
  function addProperty(card: CardDraft, name: string, parts: Property): void {
    if (name === 'PHOTO') card.photo ??= readPhoto(parts);
    else addToDraft(card, name, decode(parts));
  }
  return {
    wanted: WANTED,
    property,
    end: abandon,
    take() {
      const taken = results;
      results = [];
      return taken;
    },
  };
}
