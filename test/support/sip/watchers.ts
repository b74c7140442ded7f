import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { type Child, startChild } from '../../../local/children/child.ts';
import { requireProgram } from '../../../local/children/programs.ts';
import { eventually } from '../eventually.ts';
import { DOMAIN } from './sip-subject.ts';

/** Another's program that watches a number, and prints what it is told. */
export type Phone = {
  /** Waits until what it has printed last of all notes is this one; undefined: that it was told of none. */
  prints(note: string | undefined): Promise<void>;
  /** All that it has printed. */
  text(): string;
  stop(): Promise<void>;
};

const BARESIP = `sip_listen 127.0.0.1:0
module_path /usr/lib/baresip/modules
module account.so
module contact.so
module menu.so
module presence.so
module_app account.so
module_app contact.so
module_app menu.so
module_app presence.so
`;

/** baresip 1.0, with the number among its contacts; it prints every message that it gets (\`-s\`). */
export async function startBaresip(folder: string, port: number, number: string): Promise<Phone> {
  const own = join(folder, 'baresip');
  mkdirSync(own, { recursive: true });
  const server = `sip:127.0.0.1:${port};transport=tcp`;
  writeFileSync(join(own, 'config'), BARESIP);
  writeFileSync(join(own, 'accounts'), `<sip:bob@${DOMAIN};transport=tcp>;regint=0;outbound="${server}"\n`);
  writeFileSync(join(own, 'contacts'), `"Alice" <sip:${number}@${DOMAIN}>;presence=p2p\n`);
  return phone('baresip', requireProgram('baresip', 'baresip'), ['-f', own, '-s'], join(own, 'out.log'));
}

/** sipp, with a scenario that subscribes and confirms whatever it is told; it writes every message that it gets to its file. */
export async function startSipp(folder: string, port: number, number: string): Promise<Phone> {
  const own = join(folder, 'sipp');
  mkdirSync(own, { recursive: true });
  const scenario = join(own, 'watch.xml');
  writeFileSync(scenario, watchScenario(number));
  const messages = join(own, 'messages.log');
  const args = ['-sf', scenario, '-t', 't1', '-m', '1', '-nostdin', '-trace_msg', '-message_file', messages];
  const words = [...args, '-i', '127.0.0.1', `127.0.0.1:${port}`];
  return phone('sipp', requireProgram('sipp', 'sip-tester'), words, join(own, 'out.log'), messages);
}

async function phone(name: string, program: string, args: string[], logFile: string, file = logFile): Promise<Phone> {
  const child: Child = await startChild({
    ...{ name, program, args, logFile },
    env: { ...process.env, TERM: 'dumb' },
    deathSignal: 'KILL',
  });
  const text = () => {
    try {
      return readFileSync(file, 'utf8');
    } catch {
      return '';
    }
  };
  // It watches as soon as it was told of something, or of nothing.
  await eventually(() => {
    expect(child.exit(), child.logTail().join('\n')).to.equal(undefined);
    expect(text()).to.contain('NOTIFY sip:');
  });
  return {
    text,
    async prints(note) {
      await eventually(() => {
        const [last = ''] = text().split('NOTIFY sip:').slice(-1);
        expect(/<note>([^<]*)/.exec(last)?.[1]).to.equal(note);
      });
    },
    stop: () => child.stop(),
  };
}

function watchScenario(number: string): string {
  return `<?xml version="1.0" encoding="UTF-8" ?>
<scenario name="watch">
  <send><![CDATA[

SUBSCRIBE sip:${number}@${DOMAIN} SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: <sip:carol@${DOMAIN}>;tag=[call_number]
To: <sip:${number}@${DOMAIN}>
Call-ID: [call_id]
CSeq: 1 SUBSCRIBE
Contact: <sip:carol@[local_ip]:[local_port];transport=tcp>
Max-Forwards: 70
Event: presence
Accept: application/pidf+xml
Expires: 3600
Content-Length: 0

]]></send>
  <label id="1"/>
  <recv response="200" optional="true"/>
  <recv request="NOTIFY"/>
  <send next="1"><![CDATA[

SIP/2.0 200 OK
[last_Via:]
[last_From:]
[last_To:]
[last_Call-ID:]
[last_CSeq:]
Content-Length: 0

]]></send>
</scenario>
`;
}
