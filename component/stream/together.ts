import type { Component } from '@xmpp/component';

/**
 * Has what is written in one turn of the event loop leave together, in its order: a write for each small stanza costs more
 * than the stanza itself, here and in a server that is woken for it.
 */
export function writeTogether(entity: Pick<Component, 'socket' | 'write'>): void {
  const write = entity.write;
  const held = new WeakSet<object>();

  entity.write = (text) => {
    const { socket } = entity;
    if (socket && !held.has(socket)) {
      held.add(socket);
      socket.cork();
      setImmediate(() => {
        held.delete(socket);
        socket.uncork();
      });
    }
    return write.call(entity, text);
  };
}
