import { useTexts } from '../language/language.ts';
import { findLink, openLink } from './links.ts';

type Props = { piece: { title: string; artist?: string; uri?: string }; searchUrl: string | undefined };

/** What can be done with a piece: open it, find it. */
export function PieceLinks({ piece, searchUrl }: Props) {
  const texts = useTexts();
  const [open, find] = [openLink(piece.uri), findLink(searchUrl, piece)];
  if (open === undefined && find === undefined) return null;
  return (
    <p class="links">
      {open !== undefined && <Away href={open} label={texts.openPiece(piece.title)} text={texts.open} />}
      {find !== undefined && <Away href={find} label={texts.findPiece(piece.title)} text={texts.find} />}
    </p>
  );
}

/** Where it leads learns nothing about this page. */
function Away({ href, label, text }: { href: string; label: string; text: string }) {
  return (
    <a href={href} target="_blank" rel="noopener noreferrer" aria-label={label}>
      {text}
    </a>
  );
}
