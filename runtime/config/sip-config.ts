import { type CommonConfig, commonConfig, publishInterval } from './common-config.ts';
import type { Env, Reader } from './env-reader.ts';
import { type KeyConfig, keyConfig } from './key-config.ts';
import { readStrictly } from './strict.ts';

/** A presence server, and the domain of the users that it knows: `sip:+E164@domain`. */
export type SipPlace = { host: string; port: number; tls: boolean; domain: string };

export type SipConfig = CommonConfig &
  KeyConfig & {
    place: SipPlace;
    /** Who Earshot is to the presence server; undefined where that asks nobody. */
    login: { user: string; password: string } | undefined;
    /** Requests a second, at most. */
    rate: number;
    /** Milliseconds between two publishes of one subscriber. */
    publishInterval: number;
  };

/** @throws Fault INVALID_ARGUMENT that names every variable at fault. */
export function toSipConfig(env: Env): SipConfig {
  return readStrictly(env, sipConfig);
}

/** As `toSipConfig`, which knows what the reader has found wrong. */
export function sipConfig(read: Reader): SipConfig {
  return {
    ...commonConfig(read),
    ...keyConfig(read),
    place: { ...server(read), domain: read.domain('EARSHOT_SIP_DOMAIN') },
    login: login(read),
    rate: read.integer('EARSHOT_SIP_RATE', 1, 100_000, 200),
    publishInterval: publishInterval(read),
  };
}

const SERVER = /^(tls|tcp):\/\/([\w.-]+|\[[\da-f:.]+\])(?::(\d{1,5}))?$/i;

function server(read: Reader): Omit<SipPlace, 'domain'> {
  const text = read.matching('EARSHOT_SIP_SERVER', SERVER, 'tls://host:port, or tcp://host:port');
  const [, scheme = 'tls', host = '', port] = SERVER.exec(text) ?? [];
  const tls = scheme.toLowerCase() === 'tls';
  // RFC 3261, section 19.1.2.
  return { host: host.replace(/^\[|\]$/g, ''), port: Number(port ?? (tls ? 5061 : 5060)), tls };
}

function login(read: Reader): SipConfig['login'] {
  const [user, password] = [read.given('EARSHOT_SIP_USER'), read.given('EARSHOT_SIP_PASSWORD')];
  if ((user === undefined) !== (password === undefined))
    read.faults.push('EARSHOT_SIP_USER and EARSHOT_SIP_PASSWORD belong together; set both or none.');
  return user === undefined || password === undefined ? undefined : { user, password };
}
