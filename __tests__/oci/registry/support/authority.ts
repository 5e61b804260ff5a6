// A certificate authority of the tests' own.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { temporaryFolder } from './servers.ts';

export interface Certificate {
  /** PEM. */
  readonly cert: string;
  readonly key: string;
}

export interface Authority extends Certificate {
  /**
   * A certificate for a server or a client, which nobody but this authority vouches for.
   * @param place of the server, default `IP:127.0.0.1`
   */
  issue(name: string, place?: string): Certificate;
}

export const OPENSSL = Bun.which('openssl');

/** Makes a private authority; its key is forgotten with the test. */
export function makeAuthority(): Authority {
  using folder = temporaryFolder();
  const [cert, key] = [`${folder.path}/ca.pem`, `${folder.path}/ca.key`];
  openssl(
    'req',
    '-x509',
    ...NEW_KEY,
    '-days',
    '2',
    '-subj',
    '/CN=proa test authority',
    '-out',
    cert,
    '-keyout',
    key,
  );
  const own = { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') };
  return { ...own, issue: (name, place) => issue(own, name, place) };
}

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

function issue(authority: Certificate, name: string, place = 'IP:127.0.0.1'): Certificate {
  using folder = temporaryFolder();
  const at = (file: string): string => `${folder.path}/${file}`;
  writeFileSync(at('ca.pem'), authority.cert);
  writeFileSync(at('ca.key'), authority.key, { mode: 0o600 });
  writeFileSync(at('ext'), `subjectAltName=${place}\nextendedKeyUsage=serverAuth,clientAuth\n`);
  openssl('req', '-new', ...NEW_KEY, '-subj', `/CN=${name}`, '-out', at('csr'), '-keyout', at('key'));
  const by = ['-CA', at('ca.pem'), '-CAkey', at('ca.key'), '-CAcreateserial'];
  openssl('x509', '-req', '-in', at('csr'), ...by, '-days', '2', '-extfile', at('ext'), '-out', at('cert'));
  return { cert: readFileSync(at('cert'), 'utf8'), key: readFileSync(at('key'), 'utf8') };
}

function openssl(...args: string[]): void {
  execFileSync(OPENSSL!, args, { stdio: 'ignore' });
}
