import { type CommonConfig, commonConfig, sinkAllow, sourceAllow } from './common-config.ts';
import { type EdgeConfig, edgeConfig } from './edge-config.ts';
import type { Env, Reader } from './env-reader.ts';
import { type AssertionConfig, assertionConfig } from './login-config.ts';
import { type PageConfig, pageConfig } from './page-config.ts';
import { type ServiceConfig, serviceConfig } from './service-config.ts';
import { readStrictly } from './strict.ts';

export type GatewayConfig = CommonConfig &
  ServiceConfig & {
    host: string;
    port: number;
    operatorKey: string;
    /** Milliseconds after which a Redis that does not answer is taken for one that is away. */
    redisPatience: number;
    /** Milliseconds in which a gateway that is to stop says so at /readyz, and still takes what comes. */
    drain: number;
    assertions: AssertionConfig;
    /** Hosts and networks on which address books may be read although they are internal. */
    sourceAllow: readonly string[];
    /** Hosts and networks to which events may be sent although they are internal. */
    sinkAllow: readonly string[];
    page: PageConfig;
    edge: EdgeConfig;
  };

/** @throws Fault INVALID_ARGUMENT that names every variable at fault. */
export function toGatewayConfig(env: Env): GatewayConfig {
  return readStrictly(env, gatewayConfig);
}

/** As `toGatewayConfig`, which knows what the reader has found wrong. */
export function gatewayConfig(read: Reader): GatewayConfig {
  return {
    ...commonConfig(read),
    ...serviceConfig(read),
    host: read.text('EARSHOT_HTTP_HOST', '127.0.0.1'),
    port: read.integer('EARSHOT_HTTP_PORT', 0, 65_535, 8080),
    operatorKey: read.matching('EARSHOT_OPERATOR_KEY', /^[\x21-\x7e]{16,512}$/, '16 to 512 visible ASCII characters'),
    redisPatience: read.integer('EARSHOT_REDIS_PATIENCE_MS', 100, 600_000, 1_250),
    drain: read.integer('EARSHOT_DRAIN_SECONDS', 0, 600, 5) * 1_000,
    assertions: assertionConfig(read),
    sourceAllow: sourceAllow(read),
    sinkAllow: sinkAllow(read),
    page: pageConfig(read),
    edge: edgeConfig(read),
  };
}
