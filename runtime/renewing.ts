/**
 * Renews a lease from time to time (`every`: milliseconds) as long as the work takes. So the lease itself can be short, and
 * a process that dies with it is in nobody's way for longer. One that cannot be renewed is not what the work fails by.
 */
export async function renewing<T>(every: number, renew: () => Promise<void>, work: () => Promise<T>): Promise<T> {
  const stop = startRenewing(every, renew);
  try {
    return await work();
  } finally {
    stop();
  }
}

/** The same, until what it returns is called. */
export function startRenewing(every: number, renew: () => Promise<void>): () => void {
  const timer = setInterval(() => void renew().catch(() => {}), every);
  timer.unref();
  return () => clearInterval(timer);
}
