import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { takeTurns } from '../../runtime/turns.ts';

/**
 * Lets new connections in as there is time: a thousand clients that come back in the same moment,
 * after a restart, would hold up everybody else until the first call of each has been begun.
 */
export function acceptInTurns(server: Server): void {
  // With TLS, after its handshake.
  const ready = server.listenerCount('secureConnection') > 0 ? 'secureConnection' : 'connection';
  const listeners = server.listeners(ready) as ((socket: Socket) => void)[];
  server.removeAllListeners(ready);
  server.on(ready, async (socket: Socket) => {
    // A connection that breaks while it waits is nobody's error.
    socket.on('error', ignore);
    await takeTurns();
    socket.off('error', ignore);
    if (!socket.destroyed) for (const listener of listeners) listener.call(server, socket);
  });
}

function ignore(): void {}
