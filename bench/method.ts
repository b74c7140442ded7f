import { PLAN } from './plan.ts';

/** How the figures came about, for the report. */
export function method(): string[] {
  const { rounds, quiet, publishers, friends, lanes, warmUp, duration, contacts, matches, rostersSideBySide } = PLAN;
  return [
    `One private Redis (\`appendfsync always\`) and one private Prosody, started as \`npm start\` does; component, gateway and worker run as built JavaScript. ${publishers} subscribers publish, each with one friend; ${friends} clients that announce \`tune+notify\` are logged in as those friends. The friendships were made by Earshot from address books.`,
    `Up to ${rounds} rounds on each side in turn. In the rounds of Prosody alone, Earshot’s component is stopped and a bare component stream in its place sends the same tunes as prepared privileged IQs. In the rounds of Earshot, the same tunes go to the gateway as \`PUT …/now-playing\` with the operator’s key over ${lanes} keep-alive connections. The comparison is the median of the comparisons of neighbouring rounds. Rounds in which other programs used more than ${quiet * 100} % of the machine do not count as long as two others remain.`,
    `Rate: ${lanes} tunes are on their way at any time; each is followed by the next once it was acknowledged (IQ result or 202) **and** its event was read by the friend’s client. Counted are the events at the friends, for ${duration / 1000} s after ${warmUp / 1000} s of warming up. Latency: one tune after the other at a steady tenth of the rate of Prosody alone, from the moment of sending to the event at the friend’s client.`,
    `\`EARSHOT_PUBLISH_INTERVAL_MS=0\`: at the default of one publish in 5 s for each subscriber, the full rate would take thousands of subscribers. Every tune differs from the one before, so every request is a publish.`,
    `Book: from the \`PUT\` of a book of ${contacts} contacts, ${matches} of whom are subscribers whose own books hold its owner, until nothing is left to be done for any of the ${2 * matches} roster items; nobody concerned is online. Prosody alone: the same ${2 * matches} roster sets by a bare component stream, ${rostersSideBySide} rosters side by side and one item after the other in each, as Earshot does. Earshot also reads each roster first, and sends the presence probes that introduce the two friends.`,
    'Load, friends, servers and Earshot share one machine, so what Earshot computes is taken from Prosody as soon as the processors are fully used. Loopback connections add no network time.',
  ];
}
