import { expect } from 'chai';
import { momentFor, type Visit } from '../../../component/commands/command.ts';
import { createTimeZones } from '../../../component/commands/time-zones.ts';
import { textElement, xml } from '../../../component/stream/xml.ts';

const JID = 'alice@op.example/phone';

describe('component/commands/time-zones', () => {
  /** Zones of clients that answer like this, and who was asked. */
  function zones(answer: () => string, now = () => 0) {
    const asked: string[] = [];
    const request = async (iq: ReturnType<typeof xml>) => {
      asked.push(iq.attrs.to ?? '');
      return xml('iq', {}, xml('time', { xmlns: 'urn:xmpp:time' }, textElement('tzo', answer())));
    };
    return { asked, ...createTimeZones({ request }, now) };
  }

  it('is what the client’s clock says, asked for once an hour', async () => {
    let now = 0;
    const { asked, of } = zones(
      () => '+05:30',
      () => now,
    );
    expect([await of(JID), await of(JID)]).to.deep.equal([330, 330]);
    expect(asked).to.deep.equal([JID]);
    now = 3_600_001;
    await of(JID);
    expect(asked).to.have.length(2);
  });

  it('takes no zone that is none', async () => {
    for (const [text, offset] of [
      ['Z', 0],
      ['-09:30', -570],
      ['+14:00', 840],
      ['+15:00', undefined],
      ['+5', undefined],
      ['', undefined],
    ] as const)
      expect(await zones(() => text).of(JID), text).to.equal(offset);
    const silent = () => {
      throw new Error('service-unavailable');
    };
    expect(await zones(silent).of(JID)).to.equal(undefined);
  });

  it('tells moments by that clock, and in UTC where nobody knows it', async () => {
    const moment = Date.UTC(2026, 10, 28, 20, 30);
    const at = (offset: number | undefined) => momentFor({ zone: async () => offset } as Visit, moment);
    expect(await at(480)).to.equal('2026-11-29 04:30');
    expect(await at(0)).to.equal('2026-11-28 20:30');
    expect(await at(undefined)).to.equal('2026-11-28 20:30 UTC');
  });
});
