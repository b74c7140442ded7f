import { expect } from 'chai';
import { createAuthorization } from '../../../worker/carddav/authorization.ts';
import { type DigestChallenge, digestAuthorization, digestChallengeIn } from '../../../worker/carddav/digest.ts';

const USER = { username: 'Mufasa', password: 'Circle of Life' };
const NONCE = '7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v';
const CNONCE = 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ';

describe('Digest authentication', () => {
  const attempt = { method: 'GET', uri: '/dir/index.html', count: 1, cnonce: CNONCE };
  const header = (algorithm: string) =>
    `Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=${algorithm}, nonce="${NONCE}", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"`;
  const responseTo = (challenge: DigestChallenge | undefined, user = USER) =>
    challenge && /response="(\w+)"/.exec(digestAuthorization(challenge, user, attempt))?.[1];

  it('answers as the examples of RFC 7616, section 3.9.1, do', () => {
    expect(responseTo(digestChallengeIn(header('MD5')))).to.equal('8ca523f5e9506fed4657c9700eebdbec');
    expect(responseTo(digestChallengeIn(header('SHA-256')))).to.equal(
      '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1',
    );
  });

  it('hashes the user’s name where the server wants it (section 3.9.2)', () => {
    const challenge = digestChallengeIn(
      'Digest realm="api@example.org", qop="auth", algorithm=SHA-512-256, nonce="5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK", opaque="HRPCssKJSGjCrkzDg8OhwpzCiGPChXYjwrI2QmXDnsOS", charset=UTF-8, userhash=true',
    );
    const user = { username: 'Jäsøn Doe', password: 'Secret, or not?' };
    expect(challenge && digestAuthorization(challenge, user, attempt)).to.contain(
      'username="793263caabb707a56211940d90411ea4a575adeccb7e360aeb624ed06ece9b0b"',
    );
  });

  it('reads a challenge of any length in one pass', () => {
    for (const piece of ['a', 'a ', 'a=', 'a="', '\\"', ' '])
      expect(digestChallengeIn(`Digest ${piece.repeat(200_000)}`), piece).to.equal(undefined);
  });

  it('takes the challenge that it can answer, out of several and in any spelling', () => {
    expect(digestChallengeIn(`Basic realm="a, b", ${header('SHA-512')}, ${header('md5')}`)?.algorithm).to.equal('md5');
    expect(digestChallengeIn('DIGEST realm="a \\"b\\"",nonce=c')).to.deep.include({ realm: 'a "b"', qop: false });
    for (const none of [
      '',
      'Basic realm="Digest "',
      'Digest realm="a"',
      `${header('MD5').replace('auth, auth-int', 'auth-int')}`,
    ])
      expect(digestChallengeIn(none), none).to.equal(undefined);
  });

  it('sends a name that is not ASCII as RFC 7616, section 3.4, asks', () => {
    const challenge = digestChallengeIn(header('MD5'));
    const user = { username: 'Jäsøn', password: 'x' };
    expect(challenge && digestAuthorization(challenge, user, attempt)).to.contain("username*=UTF-8''J%C3%A4s%C3%B8n,");
  });

  it('follows Basic when it is asked for, counts the uses of a nonce, and takes a new nonce but not the same one again', () => {
    const { of, learn } = createAuthorization(USER);
    const url = new URL('https://dav.example/a/?b');
    expect(of('PROPFIND', url)).to.match(/^Basic /);
    expect(learn('Basic realm="x"')).to.equal(false);
    expect(learn(header('SHA-256'))).to.equal(true);
    expect([1, 2].map(() => /nc=(\w+)/.exec(of('PROPFIND', url) ?? '')?.[1])).to.deep.equal(['00000001', '00000002']);
    expect(of('PROPFIND', url)).to.contain('uri="/a/?b"');
    expect(learn(header('SHA-256'))).to.equal(false);
    expect(learn(header('SHA-256').replace(NONCE, 'another'))).to.equal(true);
    expect(of('PROPFIND', url)).to.contain('nonce="another"').and.to.contain('nc=00000001');
    const token = createAuthorization({ bearerToken: 't' });
    expect([token.learn(header('MD5')), token.of('REPORT', url)]).to.deep.equal([false, 'Bearer t']);
  });
});
