/** The path of a card in the collection; undefined for the collection itself, for what is in another, and on another server. */
export function pathIn(collection: string, href: string): string | undefined {
  if (href === '' || !URL.canParse(href, collection)) return undefined;
  const base = new URL(collection);
  const { origin, pathname } = new URL(href, base);
  const folder = base.pathname.endsWith('/') ? base.pathname : `${base.pathname}/`;
  const inside = origin === base.origin && decodePath(pathname).startsWith(decodePath(folder));
  return inside && !pathname.endsWith('/') ? pathname : undefined;
}

/** What a path says, however the server has escaped it this time. */
export function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
