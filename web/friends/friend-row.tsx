import type { Friend } from '../api/shapes.ts';
import { Piece } from '../piece/piece.tsx';
import { PieceLinks } from '../piece/piece-links.tsx';
import { Progress } from '../piece/progress.tsx';
import { Avatar } from './avatar.tsx';
import { PlayingSign } from './playing-sign.tsx';

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
