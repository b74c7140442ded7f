/**
 * The token of a link such as `/#token=est_…`, taken out of the address bar and the history at once. It stands behind `#`, which browsers send
 * to no server.
 */
export function takeLinkedToken(): string | undefined {
  const token = new URLSearchParams(location.hash.slice(1)).get('token');
  if (token === null) return undefined;
  history.replaceState(null, '', location.pathname);
  return token === '' ? undefined : token;
}
