import { isIP } from 'node:net';
import type { Reader } from './env-reader.ts';

/** Whose OAuth access tokens are taken. `jwksUrl`: where its keys are, unless its metadata says so. */
export type OAuthConfig = { issuer: string; audience: string; jwksUrl: string | undefined };

/** PEM files of the gateway's own certificate. */
export type TlsConfig = { certFile: string; keyFile: string };

/** Requests a minute, and event streams of one address that are open at a time; 0: as many as there are. */
export type LimitsConfig = { address: number; subscriber: number; carrier: number; streamsOfAddress: number };

/** Where the HTTP API meets the world. */
export type EdgeConfig = {
  oauth: OAuthConfig | undefined;
  tls: TlsConfig | undefined;
  /** Origins whose pages may call the API. */
  corsOrigins: string[];
  /** Addresses and networks whose X-Forwarded-For is believed. */
  trustedProxies: string[];
  limits: LimitsConfig;
  /** Where metrics are told without a credential; undefined: nowhere. */
  metrics: ListenPlace | undefined;
};

/** `host`: an address of this machine. */
export type ListenPlace = { host: string; port: number };

/** What stands between the API and the net: TLS, CORS, proxies, limits, access tokens of an issuer. */
export function edgeConfig(read: Reader): EdgeConfig {
  return {
    oauth: read.given('EARSHOT_OAUTH_ISSUER') === undefined ? undefined : oauth(read),
    tls: tls(read),
    corsOrigins: read.list('EARSHOT_CORS_ORIGINS', isOrigin, 'origins such as https://app.example'),
    trustedProxies: read.list('EARSHOT_TRUSTED_PROXIES', isNetwork, 'addresses or networks such as 10.0.0.0/8'),
    limits: {
      address: read.integer('EARSHOT_LIMIT_ADDRESS', 0, 1_000_000_000, 6_000),
      subscriber: read.integer('EARSHOT_LIMIT_SUBSCRIBER', 0, 1_000_000_000, 600),
      carrier: read.integer('EARSHOT_LIMIT_CARRIER', 0, 1_000_000_000, 60_000),
      streamsOfAddress: read.integer('EARSHOT_LIMIT_STREAMS', 0, 1_000_000_000, 1_000),
    },
    metrics: metrics(read),
  };
}

/** A port alone is one of loopback. */
function metrics(read: Reader): ListenPlace | undefined {
  const name = 'EARSHOT_METRICS_LISTEN';
  const text = read.given(name);
  if (text === undefined) return undefined;
  const [, v6, v4 = '127.0.0.1', port] = /^(?:(?:\[([\da-f:.]+)\]|([\d.]+)):)?(\d{1,5})$/i.exec(text) ?? [];
  const host = v6 ?? v4;
  if (port === undefined || isIP(host) === 0 || Number(port) > 65_535) {
    read.faults.push(
      `${name} must be a port of loopback such as 9464, or an address and a port such as 10.0.0.5:9464 or [::1]:9464.`,
    );
    return undefined;
  }
  return { host, port: Number(port) };
}

function oauth(read: Reader): OAuthConfig {
  return {
    issuer: read.safeUrl('EARSHOT_OAUTH_ISSUER') ?? '',
    audience: read.text('EARSHOT_OAUTH_AUDIENCE'),
    jwksUrl: read.safeUrl('EARSHOT_OAUTH_JWKS_URL'),
  };
}

function tls(read: Reader): TlsConfig | undefined {
  const [cert, key] = ['EARSHOT_TLS_CERT_FILE', 'EARSHOT_TLS_KEY_FILE'].map(read.given);
  if (cert === undefined && key === undefined) return undefined;
  return { certFile: read.text('EARSHOT_TLS_CERT_FILE'), keyFile: read.text('EARSHOT_TLS_KEY_FILE') };
}

function isOrigin(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol) && new URL(text).origin === text;
}

function isNetwork(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/');
  const most = { 4: 32, 6: 128 }[isIP(address)];
  return (
    most !== undefined && rest.length === 0 && (bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= most))
  );
}
