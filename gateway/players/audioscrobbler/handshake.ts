import { md5, sameText } from '../../../service/player/player-secrets.ts';
import { logIn } from '../../../service/player/player-sessions.ts';
import type { Context } from '../../context.ts';
import type { Answer } from './answers.ts';

type Query = Readonly<Record<string, unknown>>;

/** Seconds by which a player's clock may differ; for as long an overheard handshake can be used again. */
const TOLERANCE = 600;
const MD5 = /^[0-9a-f]{32}$/i;

/** The handshake (AudioScrobbler Realtime Submission Protocol 1.2, section 1): a session, or why not. */
export async function handshake(context: Context, query: Query): Promise<{ session: string } | Answer> {
  const { hs, p, u, t, a } = query;
  if (hs !== 'true') return 'FAILED This is AudioScrobbler 1.2; begin with hs=true';
  if (typeof p !== 'string' || !/^1\.2(\.\d+)?$/.test(p)) return 'FAILED Only protocol version 1.2 is spoken here';
  if (typeof u !== 'string' || typeof t !== 'string' || typeof a !== 'string')
    return 'FAILED u, t and a are needed in a handshake';
  if (!/^\d{1,12}$/.test(t) || Math.abs(Number(t) - context.now() / 1000) > TOLERANCE) return 'BADTIME';
  if (!MD5.test(a)) return 'BADAUTH';
  const session = await logIn(context, 'audioscrobbler', u, (digest) => sameText(md5(digest + t), a.toLowerCase()));
  return session === undefined ? 'BADAUTH' : { session };
}
