import { NO_BUDGET } from '../domain/book/number-budget.ts';
import { isSingle, type Redis } from '../runtime/redis/redis.ts';
import { createAccounts } from './account/accounts.ts';
import { createAvatars } from './account/avatars.ts';
import { createFormerJids } from './account/former-jids.ts';
import { createLockOuts } from './account/lock-outs.ts';
import { createOrders } from './account/orders.ts';
import { createPresences } from './account/presence.ts';
import { createAudit } from './audit/audit.ts';
import { createEvents } from './base/events.ts';
import { createInterned } from './base/interned.ts';
import { createKeys } from './base/keys.ts';
import { createKnownOutlets, createOutletsUsed } from './base/outlets-used.ts';
import { createServerStamps } from './base/server-stamps.ts';
import { createAddressBooks } from './book/address-book.ts';
import { createBudget } from './book/budget.ts';
import { createIdempotency } from './call/idempotency.ts';
import { createLimits } from './call/limits.ts';
import { createRates } from './call/rates.ts';
import { createDue } from './due/due.ts';
import { createDueAtHome } from './due/due-at-home.ts';
import { createLately } from './due/lately.ts';
import { createRuns } from './due/runs.ts';
import { createWakes } from './due/wakes.ts';
import { createWatched } from './due/watched.ts';
import { createAskedItems } from './friendship/asked-items.ts';
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
import { createShownFriends } from './friendship/shown-friends.ts';
import { createSuspensions } from './friendship/suspension.ts';
import { createUnheld } from './friendship/unheld.ts';
import { createBookSeals } from './image/book-seal.ts';
import { createApplicationPasswords } from './login/application-passwords.ts';
import { createAskedCodes } from './login/asked-codes.ts';
import { createAssertions } from './login/assertions.ts';
import { createCodeStamps } from './login/code-stamps.ts';
import { createCredentials } from './login/credentials.ts';
import { createPlayerSessions } from './login/player-sessions.ts';
import { createTokens } from './login/tokens.ts';
import { createVerifications } from './login/verifications.ts';
import { createDirectory } from './number/directory.ts';
import { createHolders } from './number/holders.ts';
import { createSurvey } from './number/survey.ts';
import { createPhotos } from './photo/photos.ts';
import { createAdmissions } from './playing/admissions.ts';
import { createKnownPlaces } from './playing/known-places.ts';
import { createLatecomerCalls } from './playing/latecomers.ts';
import { createListening } from './playing/listening.ts';
import { createNowPlaying } from './playing/now-playing.ts';
import { createRecent } from './playing/recent.ts';
import { createSights } from './playing/sights.ts';
import { createSituations } from './playing/situation.ts';
import { createTold } from './playing/told.ts';
import { createToldHere } from './playing/told-here.ts';
import { createActiveLease } from './process/active-lease.ts';
import { createStatuses } from './process/status.ts';
import { createSources } from './source/sources.ts';
import { createChanged } from './subscriber/changed.ts';
import { createGone } from './subscriber/gone.ts';
import { createHearing } from './subscriber/hearing.ts';
import { createImports } from './subscriber/imports.ts';
import { createPending } from './subscriber/pending.ts';
import { createRoll } from './subscriber/roll.ts';
import { createSpent } from './subscriber/spent.ts';
import { createSubscribers } from './subscriber/subscribers.ts';
import { createSinkWork } from './subscription/sink-work.ts';
import { createSubscriptions } from './subscription/subscriptions.ts';

export type Stores = ReturnType<typeof createStores>;

/**
 * Everything that is kept, over one connection. `secretsKey`: for what the stores themselves seal. `hosts`: of the homes, where
 * there are several.
 */
export function createStores(
  redis: Redis,
  prefix: string,
  secretsKey: Buffer,
  budget = NO_BUDGET,
  hosts: readonly string[] = [],
) {
  const known = createKnownOutlets();
  const keys = createKeys(prefix, hosts, known.used, !isSingle(redis));
  const interned = createInterned(redis, keys);
  const roll = createRoll(redis, keys);
  const sharing = createSharing(redis, keys);
  const friends = createFriends(redis, sharing, keys);
  const sealOf = createBookSeals(secretsKey);
  const privacyFields = createPrivacyFields(secretsKey);
  const toldHere = createToldHere();
  const credentials = createCredentials(redis, keys);
  const gone = createGone(redis, () => credentials.living(Date.now()), secretsKey, keys);
  return {
    keys,
    accounts: createAccounts(redis, keys),
    activeLease: createActiveLease(redis, keys.activeComponent),
    sipLease: createActiveLease(redis, () => keys.activeSip),
    admissions: createAdmissions(redis, keys),
    knownPlaces: createKnownPlaces(redis, keys),
    addressBooks: createAddressBooks(redis, keys, sealOf, budget),
    askedCodes: createAskedCodes(redis, keys),
    codeStamps: createCodeStamps(redis, keys),
    askedItems: createAskedItems(redis, keys),
    assertions: createAssertions(redis, keys),
    applicationPasswords: createApplicationPasswords(redis, keys),
    audit: createAudit(redis, keys),
    avatars: createAvatars(redis, keys),
    budget: createBudget(redis, keys, budget),
    changed: createChanged(redis, interned, keys),
    credentials,
    directory: createDirectory(redis, interned, keys),
    due: createDue(redis, keys),
    dueAtHome: createDueAtHome(redis, keys),
    events: createEvents(redis, keys),
    lockOuts: createLockOuts(redis, keys),
    formerJids: createFormerJids(redis, interned, keys),
    farEnds: createFarEnds(redis, keys),
    friends,
    ledger: createLedger(redis, keys),
    otherEnds: createOtherEnds(redis, keys),
    rosterWork: createRosterWork(redis, keys),
    gone,
    hearing: createHearing(redis, keys),
    holders: createHolders(redis, interned, keys),
    idempotency: createIdempotency(redis, keys),
    imports: createImports(redis, keys),
    lately: createLately(redis, keys),
    limits: createLimits(redis, keys),
    listening: createListening(redis, keys),
    nowPlaying: createNowPlaying(redis, keys, privacyFields, toldHere),
    offers: createOffers(redis, keys),
    orders: createOrders(redis, keys, secretsKey),
    outletsUsed: createOutletsUsed(redis, keys, known),
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
    serverStamps: createServerStamps(redis, keys),
    sinkWork: createSinkWork(redis, keys),
    sources: createSources(redis, keys, sealOf, budget),
    rates: createRates(redis, keys),
    sharing,
    shownFriends: createShownFriends(redis, keys, friends),
    sights: createSights(redis, keys, privacyFields),
    latecomers: createLatecomerCalls(redis, keys),
    situations: createSituations(redis, keys, privacyFields, toldHere),
    statuses: createStatuses(redis, keys),
    survey: createSurvey(redis, interned, keys),
    subscribers: createSubscribers(redis, interned, createSpent(redis, keys, budget), gone, keys),
    subscriptions: createSubscriptions(redis, keys),
    suspensions: createSuspensions(redis, keys),
    told: createTold(redis, keys, toldHere),
    tokens: createTokens(redis, keys),
    unheld: createUnheld(redis, keys),
    verifications: createVerifications(redis, keys),
    wakes: createWakes(redis, keys),
    watched: createWatched(redis, keys),
  };
}
