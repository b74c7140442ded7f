import { IMPORTS } from '../parts/imports.ts';
import { JOINING } from '../parts/joining.ts';
import { LISTENERS } from '../parts/listeners.ts';
import { ROUNDS } from '../parts/rounds-plan.ts';
import { UPLOADS } from '../parts/uploads.ts';
import { PLAN } from '../plan.ts';

/** How the figures came about, for the report. */
export function method(): string[] {
  const {
    rounds,
    quiet,
    publishers,
    friends,
    lanes,
    warmUp,
    started,
    duration,
    contacts,
    matches,
    books,
    rostersSideBySide,
  } = PLAN;
  const sizes = PLAN.rosters.join(', ');
  return [
    `One private Redis (\`appendfsync always\`) and one private Prosody, started as \`npm start\` does; component, gateway and worker run as built JavaScript. ${publishers} subscribers publish, each with one friend; ${friends} clients that announce \`tune+notify\` are logged in as those friends. The friendships were made by Earshot from address books. Contacts who are never online make each publisher’s roster as long as the table says (${sizes}), and each friend’s by as many longer; they are written into Prosody’s files, and Prosody is started anew, before each comparison.`,
    `Up to ${rounds} rounds of all sizes and sides in turn. In the rounds of Prosody alone, Earshot’s component is stopped and a bare component stream in its place sends the same tunes as prepared privileged IQs. In the rounds of Earshot, the same tunes go to the gateway as \`PUT …/now-playing\` with the operator’s key over ${lanes} keep-alive connections; with the shortest rosters once more while Redis has \`appendfsync everysec\`. The comparison is the median of the comparisons of neighbouring rounds. Rounds in which other programs used more than ${quiet * 100} % of the machine do not count as long as two others remain.`,
    `Rate: ${lanes} tunes are on their way at any time; each is followed by the next once it was acknowledged (IQ result or 202) **and** its event was read by the friend’s client. Counted are the events at the friends, for ${duration / 1000} s after ${warmUp / 1000} s of warming up; before that Earshot’s component, which has just started, has had ${started / 1000} s at this rate. Latency: tunes that go out at a steady tenth (quiet) and half (half load) of the rate that Prosody alone just had, from the moment of sending to the event at the friend’s client; what Earshot adds is divided by what the bare publish took.`,
    `\`EARSHOT_PUBLISH_INTERVAL_MS=0\`: at the default of one publish in 5 s for each subscriber, the full rate would take thousands of subscribers. Every tune differs from the one before, so every request is a publish.`,
    `Book: from the \`PUT\` of a book of ${contacts} contacts, ${matches} of whom are subscribers whose own books hold its owner, until nothing is left to be done for any of the ${2 * matches} roster items; nobody concerned is online. Prosody alone: the same ${2 * matches} roster sets by a bare component stream, ${rostersSideBySide} rosters side by side and one item after the other in each. Before it, the component, which has just started, has had ${books.before} such books of others (decision 308). Earshot also reads each roster first, withdraws the subscription request that may be pending for each item, and notes which items it makes before it makes them (decisions 279 and 298); each account is told of them afterwards, which is not in the time. It begins 30 to 130 ms after the \`PUT\`, which nobody can foresee, so that nobody can time the matching (decision 54): the second row leaves that wait out. The third is Prosody alone once more, by a bare component that reads each roster and withdraws those requests as Earshot has to, and does nothing else.`,
    'Load, friends, servers and Earshot share one machine, so what Earshot computes is taken from Prosody as soon as the processors are fully used. Loopback connections add no network time.',
  ];
}

/** How the figures about consent and stalls came about, for the report. */
export function promiseMethod(): string[] {
  return [
    'Consent: two friends, of whom one plays and the other is online with a whole XMPP client. Its privacy settings are changed a hundred times, each kind of change in turn (not to be found, an audience of nobody or of a group without the friend, a private session, a block by person and by number); measured is from the beginning of the `PUT` until the client has the empty tune. Then everything is open again until the tune is back. At half load, the publishers above play at half the rate that was measured just before.',
    `Listeners: a gateway from the build and its Redis (\`appendfsync always\`); ${LISTENERS.streams.toLocaleString('en')} subscribers with ${LISTENERS.friends} friends each, written into the stores, whose streams are held by a process of its own over loopback. Memory is what the heap holds after its garbage was collected, what the gateway has in memory beside its heap, and, by itself, half of what the kernel’s small objects grow by, as both ends of each connection are here: the difference between ${LISTENERS.warm.toLocaleString('en')} streams and ${(LISTENERS.streams - LISTENERS.atOnce).toLocaleString('en')} (decision 309). A change is a tune that is stored by another process, as another gateway would, and the time ends when its line is read; both are told by the clock that all processes of the machine share. Stalls are measured as below.`,
    'Takeover: two component processes from the build on one stack, of which one stands by. The active one is ended by SIGKILL, or by SIGTERM; measured is from its end, when a tune is played, until the friend’s client has it. Then another one is started to stand by.',
    'Stalls: the requests of `test/support/http/hostile-bodies.ts`, one after the other, to a gateway that looks at its own event loop every 2 ms. A stall is the processor time of the main thread between two looks, so what others take from the machine is not in it.',
  ];
}

/** How the figures about address books came about, for the report. */
export function bookMethod(): string[] {
  return [
    `Imports: to a stack of its own go files of new subscribers with JIDs, as JSON lines in one request, while ${PLAN.lanes} others publish ${IMPORTS.rate} tunes a second in all. The rate is from the beginning of the request to the last line of its answer; the delay is the median of the tunes meanwhile, less that of ${IMPORTS.quiet / 1_000} s before. What the XMPP server is asked about the new subscribers afterwards, 50 a second, is not in it, but for its beginning.`,
    `Upload: ${UPLOADS.owners} subscribers upload a book of ${UPLOADS.contacts} contacts, one after the other; one of the contacts is a subscriber whose own book holds them all. Nobody of them is online. Each time is that from the \`PUT\` until nothing is left to be done for anybody, looked at every 5 ms. At half load, others who publish play at half the rate that was measured just before.`,
    `Rounds: on a stack of its own, first through ${ROUNDS.owners.toLocaleString('en')} subscribers with books of ${ROUNDS.contacts}, of whose contacts ${ROUNDS.known} are subscribers who do not hold them, and then through ${ROUNDS.bare.toLocaleString('en')} more without books, the first ones among them. From \`POST /v1/reconciliations\` until it says \`done\`, of which up to a second is the time until a worker begins; then once more by two workers, which is to be faster than by one. Then the worker begins anew with another number key, and the former one as the previous: from its start until everybody is in the directory under both and no job is left. At last the first ones get books of strangers, and the worker begins anew with another policy, under which all is right as well: from its start until the round is done.`,
    `Join: ${JOINING.holders.toLocaleString('en')} subscribers of the stack above hold the numbers of ${JOINING.rounds} people, who join one after the other. Tunes go out at a steady ${JOINING.rate} a second, for ${JOINING.quiet / 1_000} s before each join and from the join until nothing is left to be done for anybody. The delay is the difference of the two medians; given is the middle one of the ${JOINING.rounds}.`,
    'Storage: a private Redis without a file, and this process with one connection to it. Memory is the difference of `used_memory`. Directory: number → integer and integer → id, written in the form that a join writes. Reverse index and books: 10,000 books of 300 contacts with one number each, through the stores; the numbers are drawn from 2,000,000, so that each is in two books on average, and none is a subscriber’s. Labels are names of ten bytes on average. A book’s share of its version and counters and of the names of its keys is included; the subscriber’s record is not.',
    'Matching: 160 books of 300 numbers, 60 of them subscribers’ among 1,000,000, eight books side by side. The store: `directory.owners`, from number keys to subscriber ids. The bare commands: `HGET` of the same fields in one pipeline for each partition, keys and bytes prepared beforehand, and then `HGET` of the ids found, in the same way. Rounds in turn; the ratio is the median of the ratios of neighbouring rounds.',
    'Reading: in this process, no server. The vCards are those of `test/fixtures`, of all versions, with photos and broken ones, over and over to 10,000. The number fields are the corpus of `test/fixtures/phone`; the bare library is `parsePhoneNumberFromString` of `libphonenumber-js/max` with `extract: false` and `isValid`, which reads fewer of these fields.',
    'Written forms: google-libphonenumber’s example numbers, mobile and fixed, with other last digits where that is valid as well, written by its own formats and as phones, people and spreadsheets write them (`test/support/written-numbers.ts`): a third of them in a book of the number’s country, where national forms are among them, the others in a book from another country. One in twenty is an exponent (`4.91716E+11`), of which nothing may be read.',
  ];
}
