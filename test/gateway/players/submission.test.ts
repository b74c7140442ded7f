import { expect } from 'chai';
import {
  LARGEST_SUBMISSION,
  readSubmission,
  SUBMISSION_HOLDS,
} from '../../../gateway/players/listenbrainz/submission.ts';
import { heapHeld } from '../../support/garbage.ts';

const NOW = 1_800_000_000;
const listen = (title: string) => ({ listened_at: 1, track_metadata: { artist_name: 'a', track_name: title } });

async function* inPieces(bytes: Buffer, atLast = () => {}): AsyncGenerator<Buffer> {
  for (let from = 0; from < bytes.length; from += 4_096) yield bytes.subarray(from, from + 4_096);
  atLast();
}

describe('listens that are submitted', () => {
  it('are checked as they come, and none but the first is kept', async () => {
    const metadata = '{"artist_name":"a","track_name":"b"}';
    const hostile = `{"listened_at":1,"track_metadata":${metadata},"x":[${'{},'.repeat(2_400)}{}]}`;
    const body = Buffer.from(`{"listen_type":"import","payload":[${`${hostile},`.repeat(999)}${hostile}]}`);
    expect(body.length).to.be.below(LARGEST_SUBMISSION);
    let held = 0;
    const before = heapHeld();
    const pieces = inPieces(body, () => {
      held = heapHeld() - before;
    });
    const refusal = await readSubmission(pieces, NOW).catch((err: Error) => err.message);
    expect(refusal).to.match(/may only contain listened_at and track_metadata/);
    expect(held / 1024, 'kB').to.be.below(2 * (SUBMISSION_HOLDS / 1024));
  });

  it('are refused for the first of them that is wrong, as listenbrainz-server does', async () => {
    const read = (type: string, ...payload: object[]) =>
      readSubmission(inPieces(Buffer.from(JSON.stringify({ payload, listen_type: type }))), NOW).catch(
        (err: Error) => err.message,
      );
    expect(await read('import', listen('One'), listen('Two'))).to.nested.include({ 'listen.track.title': 'One' });
    expect(await read('import', listen('One'), {}, { ...listen('Two'), listened_at: 'x' })).to.equal(
      'JSON document must contain the key listened_at at the top level.',
    );
    expect(await read('import', { ...listen('One'), listened_at: 'x' }, {})).to.equal(
      'JSON document must contain an int value for listened_at.',
    );
    expect(await read('single', listen('One'), {})).to.match(/more than listen for a single/);
    expect(await read('import')).to.equal('JSON document does not contain any listens');
    const many = Array.from({ length: 1_001 }, () => listen('x'));
    expect(await read('import', ...many)).to.match(/^Too many listens/);
  });
});
