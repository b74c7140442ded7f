import { createHash } from 'node:crypto';
import type { Entry } from '../../domain/book/book-reader.ts';
import { Fault } from '../../domain/fault.ts';
import { createVcardReader, type VcardResult } from '../../domain/vcard.ts';
import { takeTurns } from '../../runtime/turns.ts';
import type { Card } from './dav.ts';
import { decodePath } from './paths.ts';
import type { Ask } from './reader.ts';

/** Cards in one request; fewer when they are too large together. */
const CHUNK = 50;
/** Bytes of a card that are read at once. */
const PIECE = 4 * 1024;

/** By what a source's book knows a card: its path, however long or strange. */
export function uidOfPath(path: string): string {
  return createHash('sha256').update(decodePath(path)).digest('base64url');
}

/**
 * The cards at these paths, a few at a time; those that the server does not have any more are
 * passed over. @throws Fault
 */
export async function* readEntries(ask: Ask, collection: string, paths: readonly string[]): AsyncGenerator<Entry> {
  for (let from = 0; from < paths.length; from += CHUNK) {
    const cards = await readChunk(ask, collection, paths.slice(from, from + CHUNK));
    for (const [i, card] of cards.entries()) {
      if (card === 'too-large') yield { index: from + i, reason: 'The card is too large to be read.' };
      else if (card.text !== undefined) yield await toEntry(from + i, card.path, card.text);
    }
  }
}

/**
 * In halves when they are too large together, for the server or for us; a single one that is too
 * large is passed over.
 */
async function readChunk(ask: Ask, collection: string, paths: readonly string[]): Promise<(Card | 'too-large')[]> {
  try {
    return await ask('cards', collection, paths);
  } catch (error) {
    const tooLarge = error instanceof Fault && error.code === 'PAYLOAD_TOO_LARGE';
    if (!tooLarge) throw error;
    if (paths.length < 2) return ['too-large'];
    const half = Math.ceil(paths.length / 2);
    return [
      ...(await readChunk(ask, collection, paths.slice(0, half))),
      ...(await readChunk(ask, collection, paths.slice(half))),
    ];
  }
}

async function toEntry(index: number, path: string, text: string): Promise<Entry> {
  const card = await firstCardIn(Buffer.from(text));
  if (card === undefined) return { index, reason: 'It is no vCard.' };
  if (!('contact' in card)) return { ...card, index };
  const { uid = '', ...contact } = card.contact;
  return { ...card, index, contact: { ...contact, uid: uidOfPath(path) }, memberId: uid };
}

/** Piece by piece, and between them others have their turn: a text may have millions of lines. */
async function firstCardIn(bytes: Buffer): Promise<VcardResult | undefined> {
  const reader = createVcardReader();
  for (let from = 0; from < bytes.length; from += PIECE) {
    await takeTurns();
    const [card] = reader.push(bytes.subarray(from, from + PIECE));
    if (card !== undefined) return card;
  }
  return reader.end()[0];
}
