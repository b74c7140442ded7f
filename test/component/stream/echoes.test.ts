import { expect } from 'chai';
import { createEchoes, type Echoes } from '../../../component/stream/echoes.ts';
import { type Element, xml } from '../../../component/stream/xml.ts';

const ALICE = 'alice@op.example';
const tune = (title?: string): Element => xml('tune', {}, title === undefined ? undefined : xml('title', {}, title));

describe('the echoes of our own publishes', () => {
  let time = 0;
  let echoes: Echoes;

  beforeEach(() => {
    time = 1_000_000;
    echoes = createEchoes(() => time);
  });

  it('are each taken once, and only on the account that they were sent to', () => {
    echoes.expect(ALICE, tune('A'));
    expect(echoes.take('bob@op.example', tune('A'))).to.equal(false);
    expect(echoes.take(ALICE, tune('B'))).to.equal(false);
    expect(echoes.take(ALICE, tune('A'))).to.equal(true);
    expect(echoes.take(ALICE, tune('A'))).to.equal(false);
  });

  it('are taken whatever order the server gives the children, and the empty tune too', () => {
    echoes.expect(ALICE, xml('tune', {}, xml('artist', {}, 'x'), xml('title', {}, 'y')));
    echoes.expect(ALICE, tune());
    expect(echoes.take(ALICE, xml('tune', {}, xml('title', {}, 'y'), xml('artist', {}, 'x')))).to.equal(true);
    expect(echoes.take(ALICE, undefined)).to.equal(true);
  });

  it('come in order, so one that was passed over comes no more', () => {
    for (const title of ['A', 'B', 'C']) echoes.expect(ALICE, tune(title));
    expect(echoes.take(ALICE, tune('B'))).to.equal(true);
    expect(echoes.take(ALICE, tune('A'))).to.equal(false);
    expect(echoes.take(ALICE, tune('C'))).to.equal(true);
  });

  it('are waited for by the newest only where none ever comes', () => {
    for (let i = 0; i < 1_000; i += 1) echoes.expect(ALICE, tune(`${i}`));
    expect(echoes.take(ALICE, tune('0'))).to.equal(false);
    expect(echoes.take(ALICE, tune('999'))).to.equal(true);
  });

  it('are expected whatever the clock of the machine is put to meanwhile', () => {
    const { now } = Date;
    let forward = 0;
    Date.now = () => now() + forward;
    try {
      echoes = createEchoes();
      echoes.expect(ALICE, tune('A'));
      forward = 31_000;
      expect(echoes.take(ALICE, tune('A'))).to.equal(true);
    } finally {
      Date.now = now;
    }
  });

  it('are no longer expected after half a minute, or over another stream', () => {
    echoes.expect(ALICE, tune('A'));
    time += 31_000;
    expect(echoes.take(ALICE, tune('A'))).to.equal(false);
    echoes.expect(ALICE, tune('A'));
    echoes.forget();
    expect(echoes.take(ALICE, tune('A'))).to.equal(false);
  });

  it('leave it open what the server shows while one is under way, and when one was sent since', () => {
    const before = echoes.moment(ALICE);
    expect(echoes.quietSince(ALICE, before)).to.equal(true);
    echoes.expect(ALICE, tune('A'));
    const during = echoes.moment(ALICE);
    echoes.take(ALICE, tune('A'));
    const after = echoes.moment(ALICE);
    expect([before, during, after].map((moment) => echoes.quietSince(ALICE, moment))).to.deep.equal([
      false,
      false,
      true,
    ]);
    echoes.expect('bob@op.example', tune('A'));
    expect(echoes.quietSince(ALICE, after)).to.equal(true);
  });
});
