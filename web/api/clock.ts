/** Milliseconds that the server's clock is ahead of the browser's. */
let ahead = 0;

/** Learns the server's time from an answer; it is told to the second, so small differences are none. */
export function learnTime(response: Response): void {
  const told = Date.parse(response.headers.get('date') ?? '');
  if (Number.isNaN(told)) return;
  const difference = told - Date.now();
  ahead = Math.abs(difference) > 2_500 ? difference : 0;
}

/** Milliseconds since the epoch, by the server's clock: phones' clocks go wrong. */
export function serverNow(): number {
  return Date.now() + ahead;
}
