const LOOPBACK = ['127.0.0.1', '[::1]', 'localhost'];

/** Whether what comes from there can be trusted to be from there: HTTPS, or this machine. */
export function isSafeUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname } = new URL(text);
  return protocol === 'https:' || (protocol === 'http:' && LOOPBACK.includes(hostname));
}
