type Props = { piece: { title: string; artist?: string; source?: string } };

/** Title and artist. Texts come from strangers: each keeps its own direction to itself. */
export function Piece({ piece: { title, artist, source } }: Props) {
  return (
    <p class="piece">
      <bdi class="title">{title}</bdi>
      <span class="by">
        {artist && <bdi class="artist">{artist}</bdi>}
        {source && <bdi class="source">{source}</bdi>}
      </span>
    </p>
  );
}
