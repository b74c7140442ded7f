const LOOPBACK = ['127.0.0.1', '[::1]', 'localhost'];

/** Whether a user or a password stands in it: nothing is fetched from there, and whoever names the address tells them. */
export function hasCredentials(text: string): boolean {
  return URL.canParse(text) && (new URL(text).username !== '' || new URL(text).password !== '');
}

/** Whether what comes from there can be trusted to be from there: HTTPS, or this machine. */
export function isSafeUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname } = new URL(text);
  return protocol === 'https:' || (protocol === 'http:' && LOOPBACK.includes(hostname));
}
