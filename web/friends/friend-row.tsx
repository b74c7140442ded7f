import type { Friend } from '../api/shapes.ts';
import { Avatar } from './avatar.tsx';
import { Piece } from './piece.tsx';
import { PieceLinks } from './piece-links.tsx';
import { PlayingSign } from './playing-sign.tsx';
import { Progress } from './progress.tsx';

/** One friend: who it is, and what plays. */
export function FriendRow({ friend, searchUrl }: { friend: Friend; searchUrl: string | undefined }) {
  const { name, status, nowPlaying } = friend;
  return (
    <li class={nowPlaying ? 'friend playing' : 'friend'} data-friend={friend.subscriberId}>
      <Avatar friend={friend} />
      <div class="about">
        <h3 dir="auto">{name}</h3>
        {status && (
          <p class="signature" dir="auto">
            {status}
          </p>
        )}
        {nowPlaying && (
          <div class="tune">
            <PlayingSign kind={nowPlaying.kind} />
            <Piece piece={nowPlaying} />
            <PieceLinks piece={nowPlaying} searchUrl={searchUrl} />
            <Progress tune={nowPlaying} />
          </div>
        )}
      </div>
    </li>
  );
}
