import { type Resource, showOf } from '../../../domain/account/presence.ts';
import type { Snapshot } from '../server.ts';
import { type CallApi, partsOf } from './api.ts';

/** What `user_sessions_info` says of one session; of one that has told no presence the status is `unavailable`. */
type Session = { resource: string; status: string; statustext: string; priority: number };

/** By the HTTP API: ejabberd tells a component that connects of nobody who is online already, and later of no client whose connection breaks. */
export function createApiSnapshot(call: CallApi, host: string): Snapshot {
  return {
    async online() {
      const sessions = await call('connected_users_vhost', { host });
      return (Array.isArray(sessions) ? sessions : []).filter((jid) => typeof jid === 'string');
    },
    async clients(jid) {
      const sessions = await call('user_sessions_info', partsOf(jid));
      return (Array.isArray(sessions) ? sessions : []).filter(isSession).flatMap(toResource);
    },
  };
}

function isSession(value: Partial<Session> | null): value is Session {
  return typeof value?.resource === 'string' && typeof value.status === 'string';
}

function toResource({ resource, status, statustext, priority }: Session): Resource[] {
  const show = showOf(status);
  if (!show) return [];
  return [{ resource, show, status: `${statustext ?? ''}`, priority: Number.isInteger(priority) ? priority : 0 }];
}
