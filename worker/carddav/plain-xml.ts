import { Fault } from '../../domain/fault.ts';

/**
 * Nothing that CardDAV needs stands in a document type definition; what does are entities that expand without end, or that name
 * files. @throws Fault INVALID_ARGUMENT when there is one before the root element
 */
export function requirePlainXml(text: string): void {
  let at = 0;
  for (;;) {
    at = text.indexOf('<', at);
    const end = text.startsWith('<?', at) ? '?>' : text.startsWith('<!--', at) ? '-->' : undefined;
    if (at < 0 || end === undefined) break;
    at = text.indexOf(end, at);
    if (at < 0) return;
  }
  if (at >= 0 && /^<!doctype/i.test(text.slice(at, at + 9)))
    throw new Fault('INVALID_ARGUMENT', 'The server’s XML has a document type definition, which is not read.');
}
