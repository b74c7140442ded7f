import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { expect } from 'chai';
import { projectRoot } from '../../../local/project-root.ts';

// It has no types of its own.
const { satisfies } = createRequire(import.meta.url)('semver') as {
  satisfies(version: string, range: string): boolean;
};

/** What npm says of a package in package-lock.json. */
type Locked = { deprecated?: string; engines?: { node?: string } };

/** The first Node.js that Earshot takes, that of Debian 13, and the first of later lines that its test runner takes. */
const VERSIONS = ['20.19.0', '20.19.2', '22.12.0', '24.0.0'];

describe('the packages that npm ci fetches', () => {
  for (const folder of ['.', 'clients/tools']) {
    const { packages } = JSON.parse(readFileSync(join(projectRoot(), folder, 'package-lock.json'), 'utf8')) as {
      packages: Record<string, Locked>;
    };
    const named = Object.entries(packages);

    it(`are none that their makers have given up: ${folder}`, () => {
      expect(named).to.have.length.greaterThan(100);
      expect(named.filter(([, { deprecated }]) => deprecated !== undefined)).to.deep.equal([]);
    });

    it(`take Node.js ${VERSIONS.join(', ')}: ${folder}`, () => {
      const refusing = named.flatMap(([name, { engines }]) =>
        VERSIONS.filter((version) => engines?.node && !satisfies(version, engines.node)).map(
          (version) => `${name} does not take ${version}, but ${engines?.node}`,
        ),
      );
      expect(refusing).to.deep.equal([]);
    });
  }
});
