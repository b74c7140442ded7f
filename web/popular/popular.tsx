import { useCallback } from 'preact/hooks';
import type { Popular } from '../api/shapes.ts';
import { useTexts } from '../language/language.ts';
import { usePolled } from '../parts/use-polled.ts';
import { Piece } from '../piece/piece.tsx';
import { PieceLinks } from '../piece/piece-links.tsx';
import { useCall } from '../session/mine.ts';

const EVERY = 180_000;

/** What several friends have played; never who. Nothing at all while there is nothing, as where the operator does not tell. */
export function PopularSection({ searchUrl }: { searchUrl: string | undefined }) {
  const texts = useTexts();
  const call = useCall();
  const load = useCallback(
    async () => ((await (await call('GET', '/popular')).json()) as { popular: Popular[] }).popular,
    [call],
  );
  const { value: popular = [] } = usePolled(load, EVERY);
  if (popular.length === 0) return null;
  return (
    <section class="card popular" aria-labelledby="popular">
      <h2 id="popular">{texts.popular}</h2>
      <ol>
        {popular.map((piece) => (
          <li key={`${piece.title} ${piece.artist}`}>
            <Piece piece={piece} />
            <p class="friends-count">{texts.byFriends(piece.friends)}</p>
            <PieceLinks piece={piece} searchUrl={searchUrl} />
          </li>
        ))}
      </ol>
    </section>
  );
}
