import type { AccountNames } from '../../domain/account/account-name.ts';
import type { Homes } from '../../domain/account/homes.ts';
import type { GuessedNumbers } from '../../domain/book/book-reader.ts';
import { guessedNumbers } from './common-config.ts';
import type { Reader } from './env-reader.ts';
import { homeConfig } from './homes-config.ts';
import { type KeyConfig, keyConfig } from './key-config.ts';
import { type VerificationConfig, verificationConfig } from './login-config.ts';
import { type TracesConfig, tracesConfig } from './traces-config.ts';

/** Who says that a new subscriber may be found: the operator who adds it, or nobody but the subscriber itself, later. */
export type ConsentStep = 'operator' | 'subscriber';

/** What serves subscribers needs, whichever door they come through. */
export type ServiceConfig = KeyConfig & {
  homes: Homes;
  /** Of a component: the one whose users it serves. */
  homeHost: string;
  /** What the accounts are called that are made here. */
  accountNames: AccountNames;
  consent: ConsentStep;
  /** What follows from a swapped SIM beside that nothing stays open: the subscriber has to say anew that it may be found, or not. */
  simSwap: 'sign-out' | 'ask-consent';
  /** Milliseconds of a subscriber's silence after which whoever proves its number is asked whether that is the same person. */
  numberQuarantine: number;
  guessedNumbers: GuessedNumbers;
  /** Milliseconds that a subscriber's token lives. */
  tokenLifetime: number;
  verification: VerificationConfig;
  /** Whether clients that speak Quicksy's protocol may register and find people. */
  quicksy: 'on' | 'off';
  /** Whether existing players may say what plays, by their own protocols. */
  players: 'on' | 'off';
  /** Whether it is kept for seven days what subscribers have shown their friends, to say what is popular among these. */
  popular: 'on' | 'off';
  /** Where players and people reach the gateway, without a slash at the end; undefined: where they say that they have reached it. */
  publicUrl: string | undefined;
  /** Entries that each audit trail keeps. */
  auditMaxEntries: number;
  /** Undefined where traces are off. */
  traces: TracesConfig | undefined;
};

/** What gateway and component read alike. */
export function serviceConfig(read: Reader): ServiceConfig {
  return {
    ...keyConfig(read),
    ...homeConfig(read),
    accountNames: read.oneOf('EARSHOT_ACCOUNT_NAMES', ['random', 'number'], 'random'),
    consent: read.oneOf('EARSHOT_CONSENT', ['operator', 'subscriber'], 'operator'),
    simSwap: read.oneOf('EARSHOT_SIM_SWAP', ['sign-out', 'ask-consent'], 'sign-out'),
    numberQuarantine: read.integer('EARSHOT_NUMBER_QUARANTINE_DAYS', 0, 36_500, 45) * 86_400_000,
    guessedNumbers: guessedNumbers(read),
    tokenLifetime: read.integer('EARSHOT_TOKEN_DAYS', 1, 3650, 90) * 86_400_000,
    verification: verificationConfig(read),
    quicksy: quicksy(read),
    players: read.oneOf('EARSHOT_PLAYERS', ['on', 'off'], 'on'),
    popular: read.oneOf('EARSHOT_POPULAR', ['on', 'off'], 'on'),
    publicUrl: read.given('EARSHOT_PUBLIC_URL') === undefined ? undefined : publicUrl(read),
    auditMaxEntries: read.integer('EARSHOT_AUDIT_MAX_ENTRIES', 1_000, 1_000_000_000, 1_000_000),
    traces: tracesConfig(read),
  };
}

/** Quicksy's clients log in as `+E164@host`, so accounts must be named after numbers. */
function quicksy(read: Reader): 'on' | 'off' {
  const value = read.oneOf('EARSHOT_QUICKSY', ['on', 'off'], 'off');
  if (value === 'on' && read.given('EARSHOT_ACCOUNT_NAMES') !== 'number')
    read.faults.push(
      'EARSHOT_QUICKSY=on needs EARSHOT_ACCOUNT_NAMES=number, as its clients log in with the number; docs/security.md says what that tells strangers.',
    );
  return value;
}

function publicUrl(read: Reader): string {
  const url = read.matching(
    'EARSHOT_PUBLIC_URL',
    /^https?:\/\/[^\s?#@]+$/,
    'an address such as https://tune.op.example, without a user and a password',
  );
  return url.replace(/\/+$/, '');
}
