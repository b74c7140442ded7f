/** The tune's own address, if a browser can do nothing but go there. */
export function openLink(uri: string | undefined): string | undefined {
  if (uri === undefined || !URL.canParse(uri)) return undefined;
  const { protocol, href } = new URL(uri);
  return protocol === 'https:' || protocol === 'http:' ? href : undefined;
}

/** Where the operator's template looks a piece up. Whatever stands in the texts is looked for, and is no part of the address. */
export function findLink(
  template: string | undefined,
  { title, artist = '' }: { title: string; artist?: string },
): string | undefined {
  const texts: Record<string, string> = { title, artist };
  // Halves of a character that have lost the other cannot be encoded.
  return template?.replaceAll(/\{(title|artist)\}/g, (_, name) =>
    encodeURIComponent(texts[name]?.toWellFormed() ?? ''),
  );
}
