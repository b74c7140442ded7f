import { pino } from 'pino';
import type { SipConfig } from '../../../runtime/config/sip-config.ts';
import { createMetrics } from '../../../runtime/metrics.ts';
import { createPresenceServer } from '../../../sip/presence-server.ts';
import { createSipOutlet } from '../../../sip/sip-outlet.ts';

export const DOMAIN = 'op.example';

/** The outlet as its process has it, for a presence server on this machine. */
export function sipOutletTo(
  port: number,
  more: Partial<Pick<SipConfig, 'login' | 'rate'>> & {
    tls?: boolean;
    patience?: number;
    mayAsk?: () => boolean;
    now?: () => number;
  } = {},
) {
  const { tls = false, login, rate = 10_000, patience, mayAsk, now = Date.now } = more;
  // A certificate of its own is for a name.
  const place = { host: tls ? 'localhost' : '127.0.0.1', port, tls, domain: DOMAIN };
  const server = createPresenceServer({ place, login, rate }, pino({ level: 'silent' }), {
    ...(patience !== undefined && { patience }),
    ...(mayAsk && { mayAsk }),
  });
  const metrics = createMetrics('sip');
  const outlet = createSipOutlet({ server, metrics, domain: DOMAIN, interval: 5_000, now });
  return { server, outlet, metrics };
}
