import { playerTune } from '../../../domain/playing/player-tune.ts';
import type { Cause } from '../../../runtime/cause.ts';
import { md5, sameText } from '../../../service/player/player-secrets.ts';
import { logIn, sourceOf } from '../../../service/player/player-sessions.ts';
import { playTune, type Source } from '../../../service/playing/playing.ts';
import type { Context } from '../../context.ts';
import { countCall } from '../calls.ts';
import { LastFmFault } from './fault.ts';

type Field = (name: string) => string;

/** Carries out one method of Last.fm 2.0 and gives its JSON. @throws LastFmFault */
export async function callMethod(context: Context, method: string, field: Field, cause: Cause): Promise<object> {
  const call = METHODS.get(method.toLowerCase());
  if (!call) throw new LastFmFault(3, 'Invalid Method - No method with that name in this package');
  requireSignature(field);
  return call(context, field, cause);
}

type Method = (context: Context, field: Field, cause: Cause) => Promise<object>;

/** By their names in lower case: players write them in any. */
const METHODS: ReadonlyMap<string, Method> = new Map([
  ['auth.getmobilesession', getMobileSession],
  ['track.updatenowplaying', updateNowPlaying],
  ['track.scrobble', scrobble],
]);

/**
 * The signature is made with a secret of the player's maker, which we do not have; it vouches for the program, not for the person, and is
 * asked for only because whoever leaves it out speaks another protocol (decision 61).
 */
function requireSignature(field: Field): void {
  if (!field('api_key')) throw new LastFmFault(10, 'Invalid API key - You must be granted a valid key');
  if (!/^[0-9a-f]{32}$/i.test(field('api_sig'))) throw new LastFmFault(13, 'Invalid method signature supplied');
}

/** With the password, or with `authToken`, which older players make of name and password. */
async function getMobileSession(context: Context, field: Field): Promise<object> {
  const [name, password, authToken] = [field('username'), field('password'), field('authToken')];
  if (!name || !(password || authToken))
    throw new LastFmFault(6, 'Invalid parameters - username and password are needed');
  const proves = (digest: string) =>
    password ? sameText(md5(password), digest) : sameText(md5(name.toLowerCase() + digest), authToken.toLowerCase());
  const session = await logIn(context, 'lastfm', name, proves);
  if (session === undefined)
    throw new LastFmFault(4, 'Authentication Failed - You do not have permissions to access the service');
  return { session: { subscriber: 0, name, key: session } };
}

async function updateNowPlaying(context: Context, field: Field, cause: Cause): Promise<object> {
  const source = await requireSession(context, field);
  const [artist, title, album] = [field('artist'), field('track'), field('album')];
  if (!artist || !title) throw new LastFmFault(6, 'Invalid parameters - artist and track are needed');
  const tune = playerTune({ title, artist, source: album, track: field('trackNumber'), length: field('duration') });
  if (tune) await playTune(context, source, tune, { cause });
  return { nowplaying: { ...echo(field, ''), ignoredMessage: tune ? ACCEPTED : UNREADABLE } };
}

async function scrobble(context: Context, field: Field): Promise<object> {
  await requireSession(context, field);
  const places = Array.from({ length: MOST_SCROBBLES }, (_, i) => `[${i}]`).filter((place) => field(`artist${place}`));
  const found = field('artist') ? [''] : places;
  if (found.length === 0 || !found.every((place) => field(`track${place}`) && field(`timestamp${place}`)))
    throw new LastFmFault(6, 'Invalid parameters - artist, track and timestamp are needed');
  const all = found.map((place) => ({
    ...echo(field, place),
    timestamp: field(`timestamp${place}`),
    ignoredMessage: ACCEPTED,
  }));
  return {
    scrobbles: { '@attr': { accepted: all.length, ignored: 0 }, scrobble: all.length === 1 ? all[0] : all },
  };
}

/** Scrobbles of one call. */
const MOST_SCROBBLES = 50;
const ACCEPTED = { code: '0', '#text': '' };
const UNREADABLE = { code: '2', '#text': 'Track name has no visible character' };

/** What was said, and that nothing of it was corrected. */
function echo(field: Field, place: string) {
  const said = (name: string) => ({ corrected: '0', '#text': field(name + place) });
  return { artist: said('artist'), track: said('track'), album: said('album'), albumArtist: said('albumArtist') };
}

/** @throws LastFmFault 9, and 29 over the limit */
async function requireSession(context: Context, field: Field): Promise<Source> {
  const source = await sourceOf(context, 'lastfm', field('sk'));
  if (!source) throw new LastFmFault(9, 'Invalid session key - Please re-authenticate');
  const { allowed } = await countCall(context, source.id);
  if (!allowed) throw new LastFmFault(29, 'Rate Limit Exceeded - Your IP has made too many requests in a short period');
  return source;
}
