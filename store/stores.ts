import { NO_BUDGET } from '../domain/number-budget.ts';
import type { Redis } from '../runtime/redis.ts';
import { createAccounts } from './accounts.ts';
import { createAddressBooks } from './address-book.ts';
import { createApplicationPasswords } from './application-passwords.ts';
import { createAskedCodes } from './asked-codes.ts';
import { createAssertions } from './assertions.ts';
import { createAudit } from './audit.ts';
import { createAvatars } from './avatars.ts';
import { createBookSeals } from './book-seal.ts';
import { createBudget } from './budget.ts';
import { createCredentials } from './credentials.ts';
import { createDirectory } from './directory.ts';
import { createDue } from './due.ts';
import { createEvents } from './events.ts';
import { createFormerJids } from './former-jids.ts';
import { createFriends } from './friends.ts';
import { createHearing } from './hearing.ts';
import { createHolders } from './holders.ts';
import { createIdempotency } from './idempotency.ts';
import { createInterned } from './interned.ts';
import { createKeys } from './keys.ts';
import { createLimits } from './limits.ts';
import { createListening } from './listening.ts';
import { createNowPlaying } from './now-playing.ts';
import { createOffers } from './offers.ts';
import { createPairs } from './pairs.ts';
import { createPending } from './pending.ts';
import { createPhotos } from './photos.ts';
import { createPlayerSessions } from './player-sessions.ts';
import { createPresences } from './presence.ts';
import { createPrivacies } from './privacy.ts';
import { createRates } from './rates.ts';
import { createRecent } from './recent.ts';
import { createReconciliation } from './reconciliation.ts';
import { createRoll } from './roll.ts';
import { createRuns } from './runs.ts';
import { createSharing } from './sharing.ts';
import { createSources } from './sources.ts';
import { createSpent } from './spent.ts';
import { createStatuses } from './status.ts';
import { createSubscribers } from './subscribers.ts';
import { createTokens } from './tokens.ts';
import { createVerifications } from './verifications.ts';

export type Stores = ReturnType<typeof createStores>;

/** Everything that is kept, over one connection. `secretsKey`: for what the stores themselves seal. */
export function createStores(redis: Redis, prefix: string, secretsKey: Buffer, budget = NO_BUDGET) {
  const keys = createKeys(prefix);
  const interned = createInterned(redis, keys);
  const roll = createRoll(redis, keys);
  const sharing = createSharing(redis, keys);
  const sealOf = createBookSeals(secretsKey);
  return {
    keys,
    accounts: createAccounts(redis, keys),
    addressBooks: createAddressBooks(redis, keys, sealOf, budget),
    askedCodes: createAskedCodes(redis, keys),
    assertions: createAssertions(redis, keys),
    applicationPasswords: createApplicationPasswords(redis, keys),
    audit: createAudit(redis, keys),
    avatars: createAvatars(redis, keys),
    budget: createBudget(redis, keys, budget),
    credentials: createCredentials(redis, keys),
    directory: createDirectory(redis, interned, keys),
    due: createDue(redis, keys),
    events: createEvents(redis, keys),
    formerJids: createFormerJids(redis, interned, keys),
    friends: createFriends(redis, sharing, keys),
    hearing: createHearing(redis, keys),
    holders: createHolders(redis, interned, keys),
    idempotency: createIdempotency(redis, keys),
    limits: createLimits(redis, keys),
    listening: createListening(redis, keys),
    nowPlaying: createNowPlaying(redis, keys),
    offers: createOffers(redis, keys),
    pairs: createPairs(redis, keys),
    pending: createPending(redis, keys),
    photos: createPhotos(redis, keys),
    playerSessions: createPlayerSessions(redis, keys),
    privacies: createPrivacies(redis, keys),
    presences: createPresences(redis, keys),
    recent: createRecent(redis, keys),
    reconciliation: createReconciliation(redis, roll, keys),
    roll,
    runs: createRuns(redis, keys),
    sources: createSources(redis, keys, sealOf, budget),
    rates: createRates(redis, keys),
    sharing,
    statuses: createStatuses(redis, keys),
    subscribers: createSubscribers(redis, interned, createSpent(redis, keys, budget), keys),
    tokens: createTokens(redis, keys),
    verifications: createVerifications(redis, keys),
  };
}
