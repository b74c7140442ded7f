import type { DemoSubscriber } from './demo/demo-store.ts';

/** What the greeting tells about. */
export interface GreetingFacts {
  gatewayUrl: string;
  operatorKey: string;
  xmpp: { host: string; port: number };
  demo: DemoSubscriber[];
  dataDir: string;
  /** Whether the gateway offers the friends page. */
  page: boolean;
}

/** What `npm start` prints when all is ready; the commands in it work when pasted. */
export function greeting(facts: GreetingFacts): string {
  const lines = [
    '',
    'Earshot is ready.',
    '',
    ...addressLines(facts),
    ...demoLines(facts),
    '',
    'Ctrl-C ends everything.',
    '',
  ];
  return lines.join('\n');
}

function addressLines({ gatewayUrl, operatorKey, dataDir, page }: GreetingFacts): string[] {
  return [
    ...(page ? [`  Friends page   ${gatewayUrl}/`] : []),
    `  HTTP API       ${gatewayUrl}/v1`,
    `  API page       ${gatewayUrl}/docs`,
    `  Operator key   ${operatorKey}`,
    `  Data and logs  ${dataDir}`,
    `  Login codes    wait here, as no text messages are sent: curl -H 'Authorization: Bearer ${operatorKey}' ${gatewayUrl}/v1/verification/outbox`,
  ];
}

function demoLines({ gatewayUrl, xmpp, demo, page }: GreetingFacts): string[] {
  const [player, friend] = demo;
  if (player === undefined || friend === undefined) return [];
  return [
    '',
    `Sign in with any XMPP client that shows user tunes (server ${xmpp.host}, port ${xmpp.port}, without encryption):`,
    '',
    ...demo.map(({ displayName, jid, password }) => `  ${displayName.padEnd(12)} ${jid}   password ${password}`),
    '',
    `Watch what the friends of ${friend.displayName} do${page ? ', in a browser or in a terminal' : ''}:`,
    '',
    ...(page ? [`  ${gatewayUrl}/#token=${friend.token}`, ''] : []),
    `  curl -N -H 'Authorization: Bearer ${friend.token}' ${gatewayUrl}/v1/subscribers/me/friends/events`,
    '',
    `In another terminal, let ${player.displayName} play a song; it appears above and in ${friend.displayName}'s client:`,
    '',
    `  ${playCommand(gatewayUrl, player.token)}`,
  ];
}

function playCommand(gatewayUrl: string, token: string): string {
  const tune = {
    kind: 'audio',
    title: 'Clair de lune',
    artist: 'Claude Debussy',
    source: 'Suite bergamasque',
    length: 302,
  };
  return [
    'curl -X PUT',
    `-H 'Authorization: Bearer ${token}'`,
    "-H 'Content-Type: application/json'",
    `-d '${JSON.stringify(tune)}'`,
    `${gatewayUrl}/v1/subscribers/me/now-playing`,
  ].join(' ');
}
