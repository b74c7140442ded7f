type Props = { piece: { kind: 'audio' | 'video'; title: string; artist?: string; source?: string } };

/** Title and artist. Texts come from strangers: each keeps its own direction to itself. */
export function Piece({ piece: { kind, title, artist, source } }: Props) {
  return (
    <p class={`piece ${kind}`}>
      <bdi class="title">{title}</bdi>
      <span class="by">
        {artist && <bdi class="artist">{artist}</bdi>}
        {source && <bdi class="source">{source}</bdi>}
      </span>
    </p>
  );
}
