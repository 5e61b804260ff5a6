import { readdir, readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { addContext, hasCode, ProaError } from '../../core/error.ts';

/** What goes into `fetch`'s `tls` member. PEM texts. */
export interface TlsOptions {
  readonly ca?: readonly string[];
  readonly cert?: string;
  readonly key?: string;
  readonly rejectUnauthorized?: boolean;
}

/**
 * The TLS settings for a registry: the machine's trusted authorities, and what its certs.d directory adds. In such a
 * directory `*.crt` are authorities, and `NAME.cert` with `NAME.key` is a client certificate (containers-certs.d(5)).
 * `certDir` (`--cert-dir`) stands for that directory and must exist.
 */
export async function loadTls(
  registry: string,
  options: { tlsVerify?: boolean; certDir?: string },
): Promise<TlsOptions> {
  const directory = await openCertDir(registry, options.certDir);
  const client = directory && (await readClientCertificate(directory));
  if (options.tlsVerify === false) return { ...client, rejectUnauthorized: false };
  const extra = directory ? await readAll(directory, '.crt') : [];
  const ca = await trustedAuthorities(extra);
  return { ...client, ...(ca && { ca }) };
}

interface CertDir {
  readonly path: string;
  readonly names: readonly string[];
}

async function openCertDir(registry: string, certDir: string | undefined): Promise<CertDir | undefined> {
  if (certDir !== undefined) {
    try {
      return { path: certDir, names: (await readdir(certDir)).sort() };
    } catch (error) {
      throw addContext(error, `read certificates: ${certDir}`);
    }
  }
  const config = process.env.XDG_CONFIG_HOME || join(homedir(), '.config');
  for (const base of [join(config, 'containers/certs.d'), '/etc/containers/certs.d', '/etc/docker/certs.d']) {
    const path = join(base, registry);
    try {
      return { path, names: (await readdir(path)).sort() };
    } catch (error) {
      // Docker's directory is often closed to users; theirs is the one under ~/.config then.
      if (!hasCode(error, 'ENOENT', 'ENOTDIR', 'EACCES'))
        throw addContext(error, `read certificates: ${path}`);
    }
  }
  return undefined;
}

async function readClientCertificate(directory: CertDir): Promise<{ cert: string; key: string } | undefined> {
  const name = directory.names.find((n) => n.endsWith('.cert'));
  const orphan = directory.names.find(
    (n) => n.endsWith('.key') && !directory.names.includes(n.replace(/\.key$/, '.cert')),
  );
  const keyName = name?.replace(/\.cert$/, '.key');
  if (orphan !== undefined || (keyName !== undefined && !directory.names.includes(keyName))) {
    const [has, lacks] = orphan ? [orphan, orphan.replace(/\.key$/, '.cert')] : [name, keyName];
    throw new ProaError(
      'CERTIFICATE_INCOMPLETE',
      `read client certificate: ${directory.path}: ${has} is there, ${lacks} is not`,
      {
        hint: 'a client certificate is NAME.cert with NAME.key; an authority is NAME.crt',
      },
    );
  }
  if (name === undefined || keyName === undefined) return undefined;
  return { cert: await readPem(directory, name), key: await readPem(directory, keyName) };
}

function readAll(directory: CertDir, ending: string): Promise<string[]> {
  return Promise.all(directory.names.filter((n) => n.endsWith(ending)).map((n) => readPem(directory, n)));
}

async function readPem(directory: CertDir, name: string): Promise<string> {
  const path = join(directory.path, name);
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw addContext(error, `read certificate: ${path}`);
  }
}

/** Where distributions keep the bundle that `update-ca-certificates` and its kin maintain. */
const SYSTEM_BUNDLES = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem',
];

/**
 * The machine's bundle, so that an authority which the administrator installed counts here too, and `extra`. Where no
 * bundle is installed, the list built into Bun serves: undefined leaves it in force.
 */
async function trustedAuthorities(extra: readonly string[]): Promise<string[] | undefined> {
  const own = process.env.SSL_CERT_FILE;
  for (const path of own ? [own] : SYSTEM_BUNDLES) {
    try {
      return [await readFile(path, 'utf8'), ...extra];
    } catch (error) {
      if (own || !hasCode(error, 'ENOENT', 'ENOTDIR', 'EACCES'))
        throw addContext(error, `read certificates: ${path}`);
    }
  }
  if (extra.length === 0) return undefined;
  const { rootCertificates } = await import('node:tls');
  return [...rootCertificates, ...extra];
}
