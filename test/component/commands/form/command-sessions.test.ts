import { expect } from 'chai';
import type { Command, Stage, Visit } from '../../../../component/commands/command.ts';
import { createSessions } from '../../../../component/commands/form/command-sessions.ts';
import { play } from '../../../../component/commands/play.ts';
import { TEXTS } from '../../../../component/commands/texts/texts.ts';

const MINUTE = 60_000;
const STAGE = { title: '', instructions: '', fields: [], last: true, next: async () => STAGE } as Stage;
const VISIT = { subscriber: undefined, texts: TEXTS.en } as Visit;

describe('component/commands/form/command-sessions', () => {
  let now = 0;
  const open = (sessions: ReturnType<typeof createSessions>, jid: string) =>
    sessions.open(jid, VISIT, play as Command, STAGE);

  it('knows of a session that it has expired, for a while, and then nothing', () => {
    now = 0;
    const sessions = createSessions(() => now);
    const session = open(sessions, 'a@op.example/x');
    now = 14 * MINUTE;
    expect(sessions.find(session?.id ?? '', 'a@op.example/x')).to.equal(session);
    if (session) sessions.touch(session);
    now = 28 * MINUTE;
    expect(sessions.find(session?.id ?? '', 'a@op.example/x')).to.equal(session);
    now = 30 * MINUTE;
    expect(sessions.find(session?.id ?? '', 'a@op.example/x')).to.equal('expired');
    expect(sessions.find(session?.id ?? '', 'a@op.example/y')).to.equal(undefined);
    now = 60 * MINUTE;
    open(sessions, 'b@op.example/x');
    expect(sessions.find(session?.id ?? '', 'a@op.example/x')).to.equal(undefined);
  });

  it('has room for two thousand, and pushes nobody’s only one out', () => {
    now = 0;
    const sessions = createSessions(() => now);
    const opened = Array.from({ length: 2_000 }, (_, i) => open(sessions, `${i}@op.example/x`));
    expect(open(sessions, 'late@op.example/x')).to.equal(undefined);
    expect(sessions.find(opened[0]?.id ?? '', '0@op.example/x')).to.equal(opened[0]);
    if (opened[7]) sessions.close(opened[7]);
    expect(open(sessions, 'late@op.example/x')).to.not.equal(undefined);
    // What has expired makes room, although it is remembered while there is some.
    now = 16 * MINUTE;
    expect(open(sessions, 'later@op.example/x')).to.not.equal(undefined);
    expect(sessions.find(opened[0]?.id ?? '', '0@op.example/x')).to.equal(undefined);
    expect(sessions.find(opened[1]?.id ?? '', '1@op.example/x')).to.equal('expired');
  });

  it('takes room from those who have several, so that a few hundred accounts keep nobody else waiting', () => {
    now = 0;
    const sessions = createSessions(() => now);
    const honest = open(sessions, 'alice@op.example/x');
    for (let i = 0; i < 400; i += 1) for (let n = 0; n < 5; n += 1) open(sessions, `${i}@op.example/x`);
    for (let i = 0; i < 500; i += 1) expect(open(sessions, `late-${i}@op.example/x`)).to.not.equal(undefined);
    expect(sessions.find(honest?.id ?? '', 'alice@op.example/x')).to.equal(honest);
  });
});
