import type { CountryCode } from 'libphonenumber-js/max';
import { cleanPhoneText } from './clean.ts';
import { dialString } from './dial.ts';
import { interpret, type ReadNumber } from './interpret.ts';
import { type Piece, piecesOf } from './pieces.ts';
import { beforeSpreadsheet } from './spreadsheet.ts';

const MAX_FIELD = 250; // cutting a longer one could make another valid number, so it is not read at all
const ONE_NUMBER = /^\+?\d[\d ().-]*$/; // most fields: no cleaning, no splitting

/** Finds the numbers of a field: cleans it, splits it, reads each piece. */
export function readField(field: string, country: CountryCode | undefined): ReadNumber[] {
  if (field.length > MAX_FIELD) return [];
  if (ONE_NUMBER.test(field)) return listOf(read(beforeSpreadsheet(field), country));
  const text = beforeSpreadsheet(cleanPhoneText(field));
  if (text.length > MAX_FIELD) return [];
  const found = new Map<string, ReadNumber>();
  for (const piece of piecesOf(text)) {
    for (const number of readPiece(piece, country)) {
      if (found.get(number.e164)?.guessed !== false) found.set(number.e164, number);
    }
  }
  return [...found.values()];
}

function readPiece(piece: Piece, country: CountryCode | undefined): ReadNumber[] {
  if (piece.context === undefined) return readListed(piece.text, country);
  if (!piece.context.startsWith('+') && !piece.text.includes('+')) return [];
  return listOf(read(piece.text.includes('+') ? piece.text : piece.context + piece.text, country));
}

/**
 * `/`, `,` and `&` separate numbers, or the parts of one (`089/1234567`): two numbers when every part is one, else the whole,
 * else the parts that are.
 */
function readListed(listed: string, country: CountryCode | undefined): ReadNumber[] {
  const text = beforeSpreadsheet(listed);
  const parts = text.split(/[/,&\\]+/).filter((part) => /\d/.test(part));
  if (parts.length < 2) return listOf(read(text, country));
  const numbers = parts.map((part) => (hasOwnLength(part) ? read(beforeSpreadsheet(part), country) : undefined));
  if (numbers[0] === undefined) {
    const whole = read(text, country);
    if (whole !== undefined) return [whole];
  }
  return numbers.flatMap(listOf);
}

/** A part of fewer digits is an area code, an alternative last digit (`…67/68`) or a dialled tail, never a number by itself. */
function hasOwnLength(part: string): boolean {
  return part.replace(/\D/g, '').length >= 7;
}

function read(text: string, country: CountryCode | undefined): ReadNumber | undefined {
  const dial = dialString(text);
  return dial === undefined ? undefined : interpret(dial, country);
}

function listOf(number: ReadNumber | undefined): ReadNumber[] {
  return number === undefined ? [] : [number];
}
