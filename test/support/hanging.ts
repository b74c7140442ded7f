/**
 * Stops a process in the middle of whatever it does (SIGSTOP) while `look` runs, and lets it go on:
 * meanwhile its sockets stay open, what is sent to it is taken by the kernel, and nothing is
 * answered.
 */
export async function whileHanging<T>({ pid }: { pid: number }, look: () => Promise<T>): Promise<T> {
  process.kill(pid, 'SIGSTOP');
  try {
    return await look();
  } finally {
    process.kill(pid, 'SIGCONT');
  }
}
