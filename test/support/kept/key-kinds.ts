import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createKeys, DUE_NAMES } from '../../../store/base/keys.ts';

/** As the keys of numbers are written. */
const ANY_NUMBER = 'A'.repeat(12);

/** Of every kind of key in `store/base/keys.ts`: what its keys look like, whatever they belong to. `homes`: their hosts, where there are several. */
export function keyKinds(prefix: string, homes: readonly string[] = []): RegExp[] {
  const {
    due,
    duePart: _theSame,
    books: _theirs,
    events: _aChannel,
    toldBy: _aReader,
    hosts: _no,
    used: _noneEither,
    inCluster: _norThis,
    ...rest
  } = createKeys(prefix, homes);
  const {
    wakes: _anotherChannel,
    wakesIn: _inSlots,
    latecomers: _oneMore,
    outletWakes: _channels,
    spent,
    ...others
  } = rest;
  const made = [...DUE_NAMES.map((name) => due(name, 'any')), spent(ANY_NUMBER)];
  for (const [name, entry] of Object.entries(others)) {
    if (typeof entry !== 'function') made.push(...keysIn(entry));
    else {
      const make = entry as (...words: string[]) => unknown;
      made.push(...keysIn(make('any', 'any', 'any')));
      // The subscriber's own book, beside those of sources.
      if (['book', 'held', 'uids', 'photos', 'images'].includes(name)) made.push(...keysIn(make('any', 'any')));
    }
  }
  return [...new Set(made.map(shapeOf))].map((shape) => new RegExp(`^${shape}$`));
}

/** Commands that make or fill nothing. */
const TAKE_AWAY = ['DEL', 'UNLINK', 'HDEL', 'ZREM', 'SREM'];

/** Every key that was ever filled: what Redis has appended to its file since it began, if it has not written it anew. */
export async function keysEverFilled(folder: string, prefix: string): Promise<Set<string>> {
  const keys = new Set<string>();
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !entry.name.endsWith('.incr.aof')) continue;
    for (const [name = '', ...words] of commandsIn(await readFile(join(entry.parentPath, entry.name), 'latin1')))
      if (!TAKE_AWAY.includes(name.toUpperCase()))
        for (const word of words.slice(0, 2)) if (word.startsWith(`${prefix}:`)) keys.add(word);
  }
  return keys;
}

/** Commands as clients send them (https://redis.io/docs/latest/develop/reference/protocol-spec/); in Latin 1 a character is a byte. */
function* commandsIn(text: string): Generator<string[]> {
  let at = 0;
  const number = () => {
    const end = text.indexOf('\r\n', at);
    const value = Number(text.slice(at + 1, end));
    at = end + 2;
    return value;
  };
  while (at < text.length) {
    // Redis notes the time in lines of their own.
    if (text[at] === '#') {
      at = text.indexOf('\n', at) + 1;
      continue;
    }
    const words: string[] = [];
    for (let left = number(); left > 0; left -= 1) {
      const length = number();
      words.push(text.slice(at, at + length));
      at += length + 2;
    }
    yield words;
  }
}

/** What only stands before the rest of a key is no key. */
function keysIn(made: unknown): string[] {
  if (typeof made === 'string') return /[:@]$/.test(made) ? [] : [made];
  return typeof made === 'object' && made !== null ? Object.values(made).flatMap(keysIn) : [];
}

function shapeOf(key: string): string {
  const escaped = key.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return escaped
    .replace(/\\\{p\w+\\\}/, '\\{p\\d\\d\\}')
    .replace(/:jids:\d+$/, ':jids:any')
    .replace(ANY_NUMBER, 'any')
    .replaceAll('any', '.+');
}
