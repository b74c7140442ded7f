import { cleanTune, safeUri, type Tune } from '../../domain/playing/tune.ts';
import { playTune } from '../../service/playing/playing.ts';
import type { Field } from '../stream/data-form.ts';
import {
  type Answers,
  type Command,
  first,
  momentFor,
  type Note,
  Refusal,
  subscriberOf,
  type Visit,
} from './command.ts';
import type { Texts } from './texts/texts.ts';

/** Not the one that stands for the user's own clients: what these publish must not end what is said here. */
const DEVICE = 'commands';
const LONGEST_LENGTH = 65_535;
const BETWEEN = /\s[-–—]\s/;

/** Says what plays now. */
export const play: Command = {
  name: 'play',
  open: 'to subscribers',
  audited: 'answers',
  async begin(visit) {
    subscriberOf(visit);
    const { texts } = visit;
    return {
      title: texts.commands.play.title,
      instructions: texts.play.ask,
      fields: fieldsOf(texts),
      last: true,
      next: start,
    };
  },
  /** `Artist - Title`, or a title. */
  read(words) {
    const between = BETWEEN.exec(words);
    if (!between) return { title: words };
    return { artist: words.slice(0, between.index), title: words.slice(between.index + between[0].length) };
  },
};

function fieldsOf({ play: words }: Texts): Field[] {
  const text = (name: 'artist' | 'source' | 'track'): Field => ({
    name,
    type: 'text-single',
    label: words[name],
    value: [],
  });
  const options = (['audio', 'video'] as const).map((value) => ({ value, label: words[value] }));
  return [
    { name: 'title', type: 'text-single', label: words.title, value: [], required: true },
    text('artist'),
    text('source'),
    text('track'),
    { name: 'length', type: 'text-single', label: words.length, hint: words.lengthHint, value: [] },
    { name: 'rating', type: 'text-single', label: words.rating, hint: words.ratingHint, value: [] },
    { name: 'uri', type: 'text-single', label: words.uri, hint: words.uriHint, value: [] },
    { name: 'kind', type: 'list-single', label: words.kind, options, value: ['audio'] },
  ];
}

async function start(visit: Visit, answers: Answers) {
  const { context, texts } = visit;
  const { id } = subscriberOf(visit);
  const { playing, showing } = await playTune(context, { id, device: DEVICE }, toTune(answers, texts));
  const notes: Note[] = [{ type: 'info', text: texts.play.until(await momentFor(visit, playing.expiresAt)) }];
  if (showing.audience === 'nobody') notes.push({ type: 'warn', text: texts.play.unseen });
  return { title: texts.commands.play.title, notes };
}

/** @throws Refusal */
function toTune(answers: Answers, { play: words }: Texts): Tune {
  const tune: Tune = {
    kind: first(answers, 'kind') === 'video' ? 'video' : 'audio',
    title: first(answers, 'title') ?? '',
  };
  for (const name of ['artist', 'source', 'track'] as const) {
    const text = first(answers, name);
    if (text !== undefined) tune[name] = text;
  }
  const [length, rating, uri] = ['length', 'rating', 'uri'].map((name) => first(answers, name));
  if (length !== undefined) tune.length = toLength(length, words.wrongLength);
  if (rating !== undefined) tune.rating = toRating(rating, words.wrongRating);
  if (uri !== undefined && safeUri(uri) === undefined) throw new Refusal(words.wrongUri);
  if (uri !== undefined) tune.uri = uri;
  return cleanTune(tune);
}

function toLength(text: string, wrong: string): number {
  const parts = text.normalize('NFKC').split(':');
  const seconds = parts.reduce((sum, part) => sum * 60 + (/^\d{1,6}$/.test(part) ? Number(part) : Number.NaN), 0);
  if (parts.length > 3 || !(seconds <= LONGEST_LENGTH)) throw new Refusal(wrong);
  return seconds;
}

function toRating(text: string, wrong: string): number {
  const rating = text.normalize('NFKC');
  if (!/^(?:[1-9]|10)$/.test(rating)) throw new Refusal(wrong);
  return Number(rating);
}
