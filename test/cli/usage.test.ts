import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { runEarshot, runUnread } from '../support/earshot-command.ts';

describe('the command earshot, called wrongly', () => {
  /** Nothing listens there, and nothing need. */
  const settings = { EARSHOT_URL: 'http://127.0.0.1:9', EARSHOT_OPERATOR_KEY: 'any' };
  const said = async (...args: string[]) => {
    const { code, err } = await runEarshot(args, settings);
    expect(code).to.equal(2);
    return err;
  };

  it('says what a new credential lacks', async () => {
    expect(await said('credential', 'create', '--scope', 'friends:read')).to.contain('lacks --name');
    expect(await said('credential', 'create'))
      .to.contain('--name')
      .and.contain('--scope');
  });

  it('is no mistake where help is asked for, by either word', async () => {
    const [option, word] = await Promise.all([runEarshot(['--help'], settings), runEarshot(['help'], settings)]);
    expect(word).to.deep.equal(option);
    expect([word.code, word.err]).to.deep.equal([0, '']);
    expect(word.out).to.contain('earshot doctor');
  });

  it('does not take what was meant for one gateway to the npm start beside it', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'earshot-cli-'));
    const ready = { gatewayUrl: 'http://127.0.0.1:10', operatorKey: 'of npm start' };
    writeFileSync(join(dataDir, 'ready.json'), JSON.stringify(ready));
    const beside = { EARSHOT_DATA_DIR: dataDir, EARSHOT_OPERATOR_KEY: '', EARSHOT_OPERATOR_KEY_FILE: '' };
    const elsewhere = await runEarshot(['status'], { ...beside, EARSHOT_URL: settings.EARSHOT_URL });
    expect([elsewhere.code, elsewhere.err]).to.deep.equal([
      2,
      `Set EARSHOT_OPERATOR_KEY as well: the key for ${settings.EARSHOT_URL}.\n`,
    ]);
    const here = await runEarshot(['status'], { ...beside, EARSHOT_URL: '' });
    expect(here.err, 'asked there').to.contain(ready.gatewayUrl);
    rmSync(dataDir, { recursive: true });
  });

  it('says where an npm start is looked for, when there is none and nothing is set', async () => {
    const empty = mkdtempSync(join(tmpdir(), 'earshot-cli-'));
    const nothing = Object.fromEntries(
      ['URL', 'OPERATOR_KEY', 'OPERATOR_KEY_FILE', 'NUMBER_KEY', 'NUMBER_KEY_FILE'].map((name) => [
        `EARSHOT_${name}`,
        '',
      ]),
    );
    const env = { ...nothing, EARSHOT_DATA_DIR: empty, EARSHOT_REDIS_URL: 'redis://127.0.0.1:9' };
    const [status, doctor] = [await runEarshot(['status'], env), await runEarshot(['doctor'], env)];
    expect([status.code, doctor.code]).to.deep.equal([2, 1]);
    for (const text of [status.err, doctor.out])
      expect(text).to.contain('no npm start runs in this folder: set EARSHOT_DATA_DIR');
    rmSync(empty, { recursive: true });
  });

  it('ends as it would where nobody reads its output any more', async () => {
    const { code, err } = await runUnread(['help'], settings);
    expect([code, err]).to.deep.equal([0, '']);
  });

  it('names the command that there is not, and the nearest one, before anything is asked of the settings', async () => {
    for (const [word, meant] of [
      ['dcotor', 'doctor'],
      ['stat', 'status'],
      ['reconcille', 'reconcile'],
    ] as const) {
      const { code, out, err } = await runEarshot([word], { EARSHOT_URL: '', EARSHOT_OPERATOR_KEY: '' });
      expect([code, out, err.split('\n')[0]]).to.deep.equal([2, '', `There is no command ${word}; is ${meant} meant?`]);
      expect(err).to.contain('Usage:');
    }
  });

  it('says how a range and a number begin', async () => {
    const make = ['credential', 'create', '--name', 'One', '--scope', 'friends:read', '--range', '4915'];
    expect(await said(...make)).to.contain('begin with +');
    expect(await said('subscriber', 'show', '8613800138000')).to.contain('begins with +');
  });
});
