/** A compose file as plain values, its variables filled in. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path/posix';
import { hasCode, messageOf, ProaError } from '../../../core/error.ts';
import { parseEnvFile } from '../../../oci/model/runtime-spec/env.ts';
import { interpolate } from './interpolate.ts';
import { asMap, type Values } from './values.ts';

export interface ComposeProject {
  file: string;
  folder: string;
  /** Of small letters, digits, `-` and `_`. */
  name: string;
  services: Values;
  networks: Values;
  volumes: Values;
}

/** The names under which `docker compose` finds a file. */
export const FILE_NAMES = ['compose.yaml', 'compose.yml', 'docker-compose.yaml', 'docker-compose.yml'];

/** Undefined when nothing of that name is a compose file or a folder with one. */
export function findComposeFile(path: string): string | undefined {
  if (!existsSync(path)) return undefined;
  if (!statSync(path).isDirectory()) return /\.ya?ml$/.test(path) ? path : undefined;
  return FILE_NAMES.map((name) => `${path}/${name}`).find((file) => existsSync(file));
}

/**
 * @param environment in front of the file `.env` beside the compose file
 * @throws ProaError BAD_COMPOSE_FILE, NO_VARIABLE
 */
export async function readComposeFile(
  file: string,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<ComposeProject> {
  const folder = dirname(resolve(file));
  const bad = (why: string, cause?: unknown) =>
    new ProaError('BAD_COMPOSE_FILE', `read ${file}: ${why}`, { cause });
  let document: unknown;
  try {
    // Rare, and large.
    const { parse } = await import('yaml');
    document = parse(readFileSync(file, 'utf8'), { merge: true });
  } catch (error) {
    throw bad(messageOf(error).trim().split('\n')[0]!, error);
  }
  const top = asMap(interpolate(document, { ...dotEnv(folder), ...environment }), file);
  for (const key of Object.keys(top)) {
    if (['version', 'name', 'services', 'networks', 'volumes'].includes(key) || key.startsWith('x-'))
      continue;
    throw bad(`${key}: cannot be made a Quadlet file`);
  }
  const name = String(top.name ?? environment.COMPOSE_PROJECT_NAME ?? basename(folder))
    .toLowerCase()
    .replace(/[^a-z0-9_-]/g, '')
    .replace(/^[_-]+/, '');
  if (name === '') throw bad('its folder gives the project no name; name: does');
  const services = asMap(top.services ?? {}, 'services');
  if (Object.keys(services).length === 0) throw bad('it has no services');
  return {
    file: resolve(file),
    folder,
    name,
    services,
    networks: asMap(top.networks ?? {}, 'networks'),
    volumes: asMap(top.volumes ?? {}, 'volumes'),
  };
}

function dotEnv(folder: string): Record<string, string> {
  const file = `${folder}/.env`;
  try {
    const lines = parseEnvFile(readFileSync(file, 'utf8'), file, process.env);
    return Object.fromEntries(
      lines.map((line) => [line.split('=', 1)[0]!, unquoted(line.slice(line.indexOf('=') + 1))]),
    );
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return {};
    throw error;
  }
}

function unquoted(text: string): string {
  return /^"[^"]*"$|^'[^']*'$/.test(text) ? text.slice(1, -1) : text;
}
