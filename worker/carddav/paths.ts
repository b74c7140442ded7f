/**
 * The path of a card in the collection; undefined for the collection itself, one in it, what is in
 * another, and on another server.
 */
export function pathIn(collection: string, href: string): string | undefined {
  if (!isIn(collection, href)) return undefined;
  const { pathname } = new URL(href, collection);
  return pathname.endsWith('/') || decodePath(pathname) === decodePath(new URL(collection).pathname)
    ? undefined
    : pathname;
}

/** Whether the place is the collection, or one in it. */
export function isIn(collection: string, href: string): boolean {
  if (href === '' || !URL.canParse(href, collection)) return false;
  const base = new URL(collection);
  const { origin, pathname } = new URL(href, base);
  const folder = base.pathname.endsWith('/') ? base.pathname : `${base.pathname}/`;
  return origin === base.origin && decodePath(`${pathname}/`).startsWith(decodePath(folder));
}

/** What a path says, however the server has escaped it this time. */
export function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
