import { execFileSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Deployment } from 'kubernetes-types/apps/v1.d.ts';
import type { ConfigMap, Service } from 'kubernetes-types/core/v1.d.ts';
import type { PodDisruptionBudget } from 'kubernetes-types/policy/v1.d.ts';
import { parseAllDocuments } from 'yaml';
import { readServers } from '../../component/server/kinds.ts';
import { findProgram } from '../../local/children/programs.ts';
import { projectRoot } from '../../local/project-root.ts';
import { toComponentConfig } from '../../runtime/config/component-config.ts';
import type { Env } from '../../runtime/config/env-reader.ts';
import { toGatewayConfig } from '../../runtime/config/gateway-config.ts';
import { toSipConfig } from '../../runtime/config/sip-config.ts';
import { toWorkerConfig } from '../../runtime/config/worker-config.ts';

type Thing = ConfigMap | Deployment | PodDisruptionBudget | Service;

const FOLDER = join(projectRoot(), 'deploy', 'kubernetes');
const ROLES = ['component', 'gateway', 'worker', 'sip'] as const;
/** Where Kubernetes' types of each kind are. */
const TYPES: Record<string, string> = {
  ConfigMap: 'core/v1',
  Service: 'core/v1',
  Deployment: 'apps/v1',
  PodDisruptionBudget: 'policy/v1',
};
/** What docs/operating.md has operators put into each secret. */
const SECRETS: Record<string, Record<string, string>> = {
  'earshot-keys': { 'number-key': 'ab'.repeat(32), 'secrets-key': 'cd'.repeat(32) },
  'earshot-component': { 'redis-url': 'redis://redis:6379', 'component-secret': 'secret' },
  'earshot-gateway': { 'redis-url': 'redis://redis:6379', 'operator-key': 'k'.repeat(32) },
  'earshot-worker': { 'redis-url': 'redis://redis:6379' },
  'earshot-sip': { 'redis-url': 'redis://redis:6379', 'sip-password': 'correct horse' },
};

describe('deploy/kubernetes', () => {
  let things: Thing[];
  /** Without those of the part for a presence server, which an overlay names. */
  let ofAll: Thing[];

  before(async () => {
    const resources = await resourcesOf('.');
    ofAll = (await Promise.all(resources.map(documentsOf))).flat() as Thing[];
    const ofSip = (await resourcesOf('sip')).map((file) => join('sip', file));
    things = [...ofAll, ...((await Promise.all(ofSip.map(documentsOf))).flat() as Thing[])];
  });

  const deploymentOf = (role: string) => {
    const found = things.find(({ kind, metadata }) => kind === 'Deployment' && metadata?.name === `earshot-${role}`);
    if (!found) throw new Error(`There is no deployment of the ${role}.`);
    return (found as Deployment).spec;
  };
  const containerOf = (role: string) => {
    const [container, ...others] = deploymentOf(role)?.template.spec?.containers ?? [];
    expect(others).to.be.empty;
    if (!container) throw new Error(`There is no container of the ${role}.`);
    return container;
  };

  it('has what Kubernetes knows, and nothing that it does not, by its own description', async () => {
    const folder = await mkdtemp(join(projectRoot(), 'test', 'deploy', '.kubernetes-'));
    const compile = async (made: readonly object[]) => {
      await writeFile(join(folder, 'things.ts'), made.map((one, i) => typed(one as Thing, i)).join('\n'));
      const words = ['--noEmit', '--ignoreConfig', '--strict', '--module', 'nodenext', '--target', 'es2023'];
      try {
        execFileSync('npx', ['tsc', ...words, '--allowImportingTsExtensions', join(folder, 'things.ts')], {
          cwd: projectRoot(),
          encoding: 'utf8',
        });
        return '';
      } catch (err) {
        return (err as { stdout: string }).stdout;
      }
    };
    try {
      expect(await compile(things)).to.equal('');
      const wrong = structuredClone(deploymentOf('gateway')) as { template: { spec: object } };
      Object.assign(wrong.template.spec, { terminationGracePeriod: 30 });
      const kind = { apiVersion: 'apps/v1', kind: 'Deployment' };
      expect(await compile([{ ...kind, spec: wrong }])).to.include('terminationGracePeriod');
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('is put together by kustomize, where there is one', function () {
    if (findProgram('kubectl') === undefined) this.skip();
    const text = execFileSync('kubectl', ['kustomize', FOLDER], { encoding: 'utf8' });
    expect(text).to.include('image: registry.op.example/earshot:0.1.0');
    expect(parseAllDocuments(text)).to.have.length(ofAll.length);
  });

  it('has the part for a presence server where an overlay names it, and with its image', async function () {
    if (findProgram('kubectl') === undefined) this.skip();
    const folder = await mkdtemp(join(projectRoot(), 'test', 'deploy', '.kubernetes-'));
    try {
      const [all, sip] = ['', '/sip'].map((part) => `../../../deploy/kubernetes${part}`);
      const kind = 'apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization';
      await writeFile(
        join(folder, 'kustomization.yaml'),
        `${kind}\nresources: [${all}]\ncomponents: [${sip}]\nimages: [{ name: earshot, newName: registry.own.example/earshot }]\n`,
      );
      const text = execFileSync('kubectl', ['kustomize', folder], { encoding: 'utf8' });
      expect(parseAllDocuments(text)).to.have.length(things.length);
      expect(text).to.match(/- dist\/sip\/main\.js[\s\S]*image: registry\.own\.example\/earshot/);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('gives each process settings that it takes, secrets as files, and none that is another’s', () => {
    const [shared] = things.filter(({ kind }) => kind === 'ConfigMap') as ConfigMap[];
    const read = {
      component: (env: Env) => toComponentConfig(env, readServers),
      gateway: toGatewayConfig,
      worker: toWorkerConfig,
      sip: toSipConfig,
    };
    for (const role of ROLES) {
      const { env = [], envFrom, volumeMounts = [] } = containerOf(role);
      expect(envFrom).to.deep.equal([{ configMapRef: { name: shared?.metadata?.name } }]);
      const [mount] = volumeMounts;
      const volume = deploymentOf(role)?.template.spec?.volumes?.find(({ name }) => name === mount?.name);
      const names = volume?.projected?.sources?.map(({ secret }) => secret?.name ?? '');
      expect(names).to.deep.equal(['earshot-keys', `earshot-${role}`]);
      const files = Object.assign({}, ...(names ?? []).map((name) => SECRETS[name]));
      const named = env.map(({ name, value = '' }): [string, string] => {
        const file = value.replace(`${mount?.mountPath}/`, '');
        return file === value ? [name, value] : [name.replace(/_FILE$/, ''), files[file]];
      });
      const secret = named.filter(([, value]) => Object.values(files).includes(value));
      expect(secret.length, 'each file is used').to.equal(Object.keys(files).length);
      expect(() => read[role]({ ...shared?.data, ...Object.fromEntries(named) }), role).to.not.throw();
    }
  });

  it('runs each process twice, without rights, with room for a rolling update and for its end', () => {
    for (const role of ROLES) {
      const spec = deploymentOf(role);
      expect(spec?.replicas, role).to.equal(2);
      expect(spec?.selector.matchLabels).to.deep.equal(spec?.template.metadata?.labels);
      expect(spec?.template.spec?.securityContext).to.deep.include({
        runAsNonRoot: true,
        runAsUser: 65532,
        fsGroup: 65532,
      });
      expect(spec?.template.spec).to.include({ automountServiceAccountToken: false, enableServiceLinks: false });
      const { command, securityContext } = containerOf(role);
      expect(command).to.deep.equal(['node', `dist/${role}/main.js`]);
      expect(securityContext).to.deep.equal({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      });
      const budget = things.find(
        ({ kind, metadata }) => kind === 'PodDisruptionBudget' && metadata?.name === `earshot-${role}`,
      );
      const { spec: kept } = budget as PodDisruptionBudget;
      expect(kept).to.deep.equal({ minAvailable: 1, selector: spec?.selector });
    }
    // As long as it says that it ends (EARSHOT_DRAIN_SECONDS), and as it may take then (decision 266).
    expect(deploymentOf('gateway')?.template.spec?.terminationGracePeriodSeconds).to.be.at.least(5 + 8 + 5);
  });

  it('asks a gateway /livez whether to start it anew, /readyz whether to send it requests, and the others nothing', () => {
    const { livenessProbe, readinessProbe, startupProbe, ports } = containerOf('gateway');
    expect([livenessProbe, startupProbe, readinessProbe].map((probe) => probe?.httpGet)).to.deep.equal([
      { path: '/livez', port: 'http' },
      { path: '/livez', port: 'http' },
      { path: '/readyz', port: 'http' },
    ]);
    expect(ports).to.deep.equal([{ name: 'http', containerPort: 8080 }]);
    const { spec } = things.find(({ kind }) => kind === 'Service') as Service;
    expect(spec?.selector).to.deep.equal(deploymentOf('gateway')?.selector.matchLabels);
    for (const role of ['component', 'worker', 'sip'])
      for (const probe of ['livenessProbe', 'readinessProbe', 'startupProbe', 'ports'])
        expect(containerOf(role), role).to.not.have.property(probe);
  });
});

/** Of a kustomization, which names all files of its folder. */
async function resourcesOf(folder: string): Promise<string[]> {
  const [made] = (await documentsOf(join(folder, 'kustomization.yaml'))) as { resources: string[] }[];
  const files = (await readdir(join(FOLDER, folder), { withFileTypes: true })).filter((entry) => entry.isFile());
  expect([...(made?.resources ?? []), 'kustomization.yaml'].sort()).to.deep.equal(files.map(({ name }) => name).sort());
  return made?.resources ?? [];
}

async function documentsOf(file: string): Promise<unknown[]> {
  return parseAllDocuments(await readFile(join(FOLDER, file), 'utf8')).map((document) => {
    if (document.errors[0]) throw document.errors[0];
    return document.toJS();
  });
}

/** A constant of Kubernetes' type: the compiler takes nothing that the type has not. */
function typed(thing: Thing, i: number): string {
  const { kind = '' } = thing;
  const from = `kubernetes-types/${TYPES[kind]}.d.ts`;
  return `import type { ${kind} as Kind${i} } from '${from}';\nexport const thing${i}: Kind${i} = ${JSON.stringify(thing)};`;
}
