/** Undoes the escapes of vCard text: `\n`, `\,`, `\;`, `\:`, `\\`; any other backslash is a backslash (RFC 6350 3.4). */
export function unescapeText(text: string): string {
  if (!text.includes('\\')) return text;
  return text.replace(/\\([nN,;:\\])/g, (_, char: string) => (char === 'n' || char === 'N' ? '\n' : char));
}

/** Splits at separators that are not escaped, and undoes the escapes in the parts. */
export function splitText(text: string, separators: string): string[] {
  const parts: string[] = [];
  let start = 0;
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1;
    else if (separators.includes(text.charAt(at))) {
      parts.push(unescapeText(text.slice(start, at)));
      start = at + 1;
    }
  }
  parts.push(unescapeText(text.slice(start)));
  return parts;
}
