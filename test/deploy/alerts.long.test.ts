import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect } from 'chai';
import { projectRoot } from '../../local/project-root.ts';
import { createApi } from '../support/api.ts';
import { eventually } from '../support/eventually.ts';
import { bearer } from '../support/http/credentials.ts';
import { useStack } from '../support/stack.ts';

const promtool = (args: string[], input = '') =>
  execFileSync('promtool', args, { cwd: projectRoot(), input, encoding: 'utf8', stdio: ['pipe', 'pipe', 'inherit'] });

describe('what an operator gives to Prometheus', () => {
  const stack = useStack();
  const api = createApi(stack);
  const scrape = async () =>
    (await api.expectStatus(200, api.call('GET', '/metrics', undefined, bearer(stack.operatorKey)))).text;

  it('are rules that it takes, each of which warns when it should and at no other time', () => {
    expect(promtool(['check', 'rules', join('deploy', 'earshot-alerts.yml')])).to.contain('SUCCESS');
    expect(promtool(['test', 'rules', join('test', 'deploy', 'alerts.yml')])).to.contain('SUCCESS');
  });

  it('are metrics that it finds no fault with, after some work', async () => {
    const alice = await api.join('+8613800138000');
    await api.play(alice, { title: 'Until it ends', length: 300 });
    await eventually(async () => expect(await scrape()).to.match(/^earshot_due\{queue="tune"\} 1$/m));
    expect(promtool(['check', 'metrics'], await scrape())).to.equal('');
  });

  it('say that nothing is late where all is done', async () => {
    await eventually(async () => {
      const late = [...(await scrape()).matchAll(/^earshot_overdue_seconds\{queue="(\w+)"\} (?!0$)/gm)];
      expect(late.map(([, queue]) => queue)).to.deep.equal([]);
    });
  });
});
