/** npm passes a Ctrl-C on that the terminal has already sent to everybody: two in such a short time are one. */
const SAME_WISH_MS = 400;
const PARENT_CHECK_MS = 250;

/**
 * Aborts at the first Ctrl-C, SIGTERM or SIGHUP, and when npm, which started us, is gone. A later signal means that it takes too long, and
 * calls `hurry`.
 */
export function stopSignal(hurry: () => void): AbortSignal {
  const controller = new AbortController();
  let first: number | undefined;
  function onSignal(): void {
    if (first === undefined) {
      first = Date.now();
      controller.abort();
    } else if (Date.now() - first > SAME_WISH_MS) {
      hurry();
    }
  }
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, onSignal);
  if (process.env.npm_lifecycle_event !== undefined) whenOrphaned(() => controller.abort());
  return controller.signal;
}

/**
 * Stops when the parent process is gone. Whoever stops npm wants us to stop, too, but npm passes no
 * signal on: a SIGKILL it cannot, and a SIGTERM ends with the shell that npm has started.
 */
function whenOrphaned(stop: () => void): void {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    stop();
  }, PARENT_CHECK_MS);
  timer.unref();
}
