import { NO_BUDGET } from '../domain/book/number-budget.ts';
import type { Redis } from '../runtime/redis.ts';
import { createAccounts } from './account/accounts.ts';
import { createAvatars } from './account/avatars.ts';
import { createFormerJids } from './account/former-jids.ts';
import { createOrders } from './account/orders.ts';
import { createPresences } from './account/presence.ts';
import { createAudit } from './audit/audit.ts';
import { createActiveLease } from './base/active-lease.ts';
import { createDue } from './base/due.ts';
import { createEvents } from './base/events.ts';
import { createIdempotency } from './base/idempotency.ts';
import { createInterned } from './base/interned.ts';
import { createKeys } from './base/keys.ts';
import { createLimits } from './base/limits.ts';
import { createRates } from './base/rates.ts';
import { createRuns } from './base/runs.ts';
import { createStatuses } from './base/status.ts';
import { createWakes } from './base/wakes.ts';
import { createAddressBooks } from './book/address-book.ts';
import { createBookSeals } from './book/book-seal.ts';
import { createBudget } from './book/budget.ts';
import { createHolders } from './book/holders.ts';
import { createPhotos } from './book/photos.ts';
import { createSurvey } from './book/survey.ts';
import { createFarEnds } from './friendship/far-ends.ts';
import { createFriends } from './friendship/friends.ts';
import { createLedger } from './friendship/ledger.ts';
import { createOffers } from './friendship/offers.ts';
import { createOtherEnds } from './friendship/other-ends.ts';
import { createPairs } from './friendship/pairs.ts';
import { createPrivacies } from './friendship/privacy.ts';
import { createPrivacyFields } from './friendship/privacy-fields.ts';
import { createReconciliation } from './friendship/reconciliation.ts';
import { createRosterWork } from './friendship/roster-work.ts';
import { createSharing } from './friendship/sharing.ts';
import { createApplicationPasswords } from './login/application-passwords.ts';
import { createAskedCodes } from './login/asked-codes.ts';
import { createAssertions } from './login/assertions.ts';
import { createCredentials } from './login/credentials.ts';
import { createPlayerSessions } from './login/player-sessions.ts';
import { createTokens } from './login/tokens.ts';
import { createVerifications } from './login/verifications.ts';
import { createAdmissions } from './playing/admissions.ts';
import { createListening } from './playing/listening.ts';
import { createNowPlaying } from './playing/now-playing.ts';
import { createRecent } from './playing/recent.ts';
import { createSights } from './playing/sights.ts';
import { createSituations } from './playing/situation.ts';
import { createTold } from './playing/told.ts';
import { createSources } from './source/sources.ts';
import { createDirectory } from './subscriber/directory.ts';
import { createHearing } from './subscriber/hearing.ts';
import { createImportRuns } from './subscriber/import-runs.ts';
import { createPending } from './subscriber/pending.ts';
import { createRoll } from './subscriber/roll.ts';
import { createSpent } from './subscriber/spent.ts';
import { createSubscribers } from './subscriber/subscribers.ts';

export type Stores = ReturnType<typeof createStores>;

/** Everything that is kept, over one connection. `secretsKey`: for what the stores themselves seal. */
export function createStores(redis: Redis, prefix: string, secretsKey: Buffer, budget = NO_BUDGET) {
  const keys = createKeys(prefix);
  const interned = createInterned(redis, keys);
  const roll = createRoll(redis, keys);
  const sharing = createSharing(redis, keys);
  const sealOf = createBookSeals(secretsKey);
  const privacyFields = createPrivacyFields(secretsKey);
  return {
    keys,
    accounts: createAccounts(redis, keys),
    activeLease: createActiveLease(redis, keys),
    admissions: createAdmissions(redis, keys),
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
    farEnds: createFarEnds(redis, keys),
    friends: createFriends(redis, sharing, keys),
    ledger: createLedger(redis, keys),
    otherEnds: createOtherEnds(redis, keys),
    rosterWork: createRosterWork(redis, keys),
    hearing: createHearing(redis, keys),
    holders: createHolders(redis, interned, keys),
    idempotency: createIdempotency(redis, keys),
    importRuns: createImportRuns(redis, keys),
    limits: createLimits(redis, keys),
    listening: createListening(redis, keys),
    nowPlaying: createNowPlaying(redis, keys, privacyFields),
    offers: createOffers(redis, keys),
    orders: createOrders(redis, keys, secretsKey),
    pairs: createPairs(redis, keys),
    pending: createPending(redis, keys),
    photos: createPhotos(redis, keys),
    playerSessions: createPlayerSessions(redis, keys),
    privacies: createPrivacies(redis, keys, privacyFields),
    presences: createPresences(redis, keys),
    recent: createRecent(redis, keys, privacyFields),
    reconciliation: createReconciliation(redis, roll, keys),
    roll,
    runs: createRuns(redis, keys),
    sources: createSources(redis, keys, sealOf, budget),
    rates: createRates(redis, keys),
    sharing,
    sights: createSights(redis, keys, privacyFields),
    situations: createSituations(redis, keys, privacyFields),
    statuses: createStatuses(redis, keys),
    survey: createSurvey(redis, interned, keys),
    subscribers: createSubscribers(redis, interned, createSpent(redis, keys, budget), keys),
    told: createTold(redis, keys),
    tokens: createTokens(redis, keys),
    verifications: createVerifications(redis, keys),
    wakes: createWakes(redis, keys),
  };
}
