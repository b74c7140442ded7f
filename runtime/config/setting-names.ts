import { nearestWord } from '../../domain/nearest-word.ts';
import type { Env } from './env-reader.ts';

/** Every setting, of whichever process or command: processes often share one file of settings. As docs/configuration.md has them. */
export const SETTINGS = words(`
  ACCOUNT_NAMES ASSERTION_AUDIENCE ASSERTION_ISSUER ASSERTION_JWKS_URL ASSERTION_RANGES AUDIT_MAX_ENTRIES
  CODES_PER_ADDRESS CODES_PER_COUNTRY CODES_PER_NUMBER CODES_PER_NUMBER_AND_ADDRESS CODES_PER_SITE CODES_TOTAL
  CODE_COUNTRIES CODE_SECONDS CODE_TYPES COMPONENT_DOMAIN COMPONENT_SECRET COMPONENT_SERVICE CONSENT CORS_ORIGINS
  DATA_DIR DEMO DRAIN_SECONDS EJABBERD_API EJABBERD_API_PASSWORD EJABBERD_API_USER EJABBERD_ROOT GUESSED_NUMBERS HOMES HOME_HOST
  HTTP_HOST HTTP_PORT LIMIT_ADDRESS LIMIT_CARRIER LIMIT_STREAMS LIMIT_SUBSCRIBER LOG_LEVEL METRICS_LISTEN
  NUMBER_BUDGET NUMBER_BUDGET_DAILY NUMBER_KEY NUMBER_KEY_PREVIOUS NUMBER_QUARANTINE_DAYS OAUTH_AUDIENCE OAUTH_ISSUER
  OAUTH_JWKS_URL OPERATOR_KEY PAGE PAGE_NAME PLAYERS POLICY POPULAR PRIVILEGES PUBLIC_URL PUBLISH_INTERVAL_MS QUICKSY
  REDIS_PATIENCE_MS REDIS_PREFIX REDIS_PROGRAM REDIS_URL SEARCH_URL SECRETS_KEY SIM_SWAP SINK_ALLOW SIP_DOMAIN SIP_PASSWORD SIP_RATE SIP_SERVER SIP_USER
  SMS_TEXT SMS_WEBHOOK_SECRET SMS_WEBHOOK_URL
  SOURCE_ALLOW SOURCE_INTERVAL_MINUTES TLS_CERT TLS_KEY TOKEN_DAYS TRACES_SHARE TRACES_URL TRUSTED_PROXIES URL
  WRONG_CODES_PER_ADDRESS XMPP_PORT`);
/** Of the project's own tests and scripts. */
const OF_TESTS = words('FROM_BUILD SCREENSHOTS SEED WHOLE');
const OF_TESTS_PREFIX = 'EARSHOT_TEST_';

/** What Kubernetes sets in every container for a service whose name begins with "earshot" (enableServiceLinks). */
const SERVICE_LINK = /_SERVICE_(?:HOST|PORT(?:_\w+)?)$|_PORT_\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?$/;
const SERVICE_ADDRESS = /^(?:tcp|udp|sctp):\/\//;

/** A sentence for each `EARSHOT_*` that is no setting: a slip of the hand would otherwise leave the default in force. */
export function unknownSettings(env: Env): string[] {
  return Object.entries(env).flatMap(([name, value]) => {
    if (!name.startsWith('EARSHOT_') || !value || isKnown(name) || isServiceLink(name, value)) return [];
    return [`${name} is no setting; is ${nearestWord(name, SETTINGS)} meant?`];
  });
}

function isKnown(name: string): boolean {
  return (
    [...SETTINGS, ...OF_TESTS].some((one) => name === one || name === `${one}_FILE`) || name.startsWith(OF_TESTS_PREFIX)
  );
}

function isServiceLink(name: string, value: string): boolean {
  return SERVICE_LINK.test(name) || (name.endsWith('_PORT') && SERVICE_ADDRESS.test(value));
}

function words(text: string): string[] {
  return text
    .trim()
    .split(/\s+/)
    .map((word) => `EARSHOT_${word}`);
}
