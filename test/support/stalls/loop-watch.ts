import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { getHeapStatistics } from 'node:v8';
import { collectGarbage } from '../garbage.ts';

/** Milliseconds between two looks at the loop. */
const TICK = 2;

/**
 * Watches this process's event loop: answers a request at `port` of loopback with the longest time, in milliseconds, for which
 * the loop was held since the last request, and one for `/memory` with what the process holds once its garbage is gone (`MemoryHeld`). It is processor time of the main thread, so what others take from a shared machine
 * is not in it; where the system does not say (no Linux), it is the clock's.
 */
export function serveLoopWatch(port: number): void {
  let longest = 0;
  let before = mainThreadTime();
  const look = () => {
    const now = mainThreadTime();
    longest = Math.max(longest, now - before);
    before = now;
  };
  setInterval(look, TICK).unref();
  const server = createServer((request, response) => {
    if (request.url === '/memory') {
      collectGarbage();
      const held = { ...process.memoryUsage(), heapPhysical: getHeapStatistics().total_physical_size };
      return response.writeHead(200, { connection: 'close' }).end(JSON.stringify(held));
    }
    // What has held the loop until now is not yet looked at.
    look();
    response.writeHead(200, { connection: 'close' }).end(`${longest}`);
    longest = 0;
  });
  server.listen(port, '127.0.0.1').unref();
}

/** The first field of schedstat, nanoseconds on a processor; the main thread has the number of the process. */
function mainThreadTime(): number {
  try {
    return Number(readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8').split(' ')[0]) / 1e6;
  } catch {
    return performance.now();
  }
}
