/**
 * The proxies that Docker's client gives to builds (https://docs.docker.com/engine/cli/proxy/): `proxies` of its config.json.
 */
import { readFileSync } from 'node:fs';

const NAMES: Readonly<Record<string, string>> = {
  httpProxy: 'HTTP_PROXY',
  httpsProxy: 'HTTPS_PROXY',
  noProxy: 'NO_PROXY',
  ftpProxy: 'FTP_PROXY',
  allProxy: 'ALL_PROXY',
};

/** `NAME=VALUE`, in both spellings. */
export function clientProxies(environment: NodeJS.ProcessEnv): string[] {
  const folder = environment.DOCKER_CONFIG ?? `${environment.HOME ?? ''}/.docker`;
  const { default: proxies = {} } = readProxies(`${folder}/config.json`);
  return Object.entries(NAMES).flatMap(([key, name]) => {
    const value = proxies[key];
    return typeof value === 'string' && value !== ''
      ? [`${name}=${value}`, `${name.toLowerCase()}=${value}`]
      : [];
  });
}

function readProxies(file: string): { default?: Record<string, unknown> } {
  try {
    return (JSON.parse(readFileSync(file, 'utf8')) as { proxies?: object } | null)?.proxies ?? {};
  } catch {
    // There is none, or it is not one: logins, which need it, say so.
    return {};
  }
}
