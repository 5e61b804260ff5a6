/**
 * Where secrets are kept (podman-secret-create(1), containers.conf(5) "secrets"). Whatever the driver, a secret never is
 * an argument of a program, which others see in `ps`, but goes and comes through pipes.
 *
 * - file: in the store, readable by its owner alone, not encrypted; `path`: in another folder
 * - pass: encrypted with gpg in a password store, as pass(1) has it; `root`, `key`, `gpghomedir`
 * - shell: by commands of one's own; `store` (its input), `lookup` (its output), `delete`, `list`, with SECRET_ID set
 * - systemd-creds: encrypted with this machine's key (systemd-creds(1)); `key`: what --with-key takes
 */
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { removeFile, writeFile } from '../../core/atomic-file.ts';
import { hasCode, ProaError } from '../../core/error.ts';
import { findProgram } from '../../core/programs.ts';
import type { SecretDriverName, SecretRecord } from '../../storage/secrets.ts';

type Options = Readonly<Record<string, string>>;

export interface SecretDriver {
  store(id: string, data: Uint8Array): void;
  /** @throws ProaError SECRET_UNREADABLE */
  lookup(id: string): Uint8Array;
  /** Absent is fine. */
  remove(id: string): void;
}

const OPTIONS: Readonly<Record<SecretDriverName, { required: readonly string[]; known: readonly string[] }>> =
  {
    file: { required: [], known: ['path'] },
    pass: { required: [], known: ['root', 'key', 'gpghomedir'] },
    shell: { required: ['list', 'lookup', 'store', 'delete'], known: ['list', 'lookup', 'store', 'delete'] },
    'systemd-creds': { required: [], known: ['key'] },
  };

/** @throws ProaError INVALID_OPTION */
export function checkDriverOptions(driver: SecretDriverName, options: Options): void {
  const { required, known } = OPTIONS[driver];
  const fail = (why: string): ProaError =>
    new ProaError('INVALID_OPTION', `use secret driver ${driver}: ${why}`, {
      hint: `Its options: ${known.join(', ')}`,
    });
  for (const name of Object.keys(options))
    if (!known.includes(name)) throw fail(`it has no option "${name}"`);
  for (const name of required) if (!options[name]) throw fail(`missing config value: ${name}`);
  if (driver === 'file' && options.path !== undefined && !options.path.startsWith('/'))
    throw fail(`path must be absolute: ${options.path}`);
}

/** @param folder the secret's own in the store */
export function openDriver(
  { driver, driverOptions }: Pick<SecretRecord, 'driver' | 'driverOptions'>,
  folder: string,
): SecretDriver {
  switch (driver) {
    case 'file':
      return fileDriver(driverOptions.path, folder);
    case 'pass':
      return passDriver(driverOptions);
    case 'shell':
      return shellDriver(driverOptions);
    case 'systemd-creds':
      return credentialDriver(driverOptions, folder);
  }
}

function fileDriver(path: string | undefined, folder: string): SecretDriver {
  const file = (id: string): string => (path === undefined ? `${folder}/data` : `${path}/${id}`);
  return {
    store(id, data) {
      if (path !== undefined) mkdirSync(path, { recursive: true, mode: 0o700 });
      writeFile(file(id), data, { sync: true, mode: 0o600 });
    },
    lookup: (id) => read(file(id)),
    remove: (id) => removeFile(file(id)),
  };
}

function passDriver(options: Options): SecretDriver {
  const root = options.root ?? process.env.PASSWORD_STORE_DIR ?? `${process.env.HOME ?? ''}/.password-store`;
  const file = (id: string): string => `${root}/${id}.gpg`;
  const gpg = (...words: string[]): string[] => [
    findProgram('gpg'),
    ...(options.gpghomedir === undefined ? [] : ['--homedir', options.gpghomedir]),
    '--batch',
    '--quiet',
    '--yes',
    ...words,
  ];
  return {
    store(id, data) {
      const key = options.key ?? keyOf(root);
      writeFile(file(id), run(gpg('--encrypt', '--trust-model', 'always', '-r', key), data), {
        sync: true,
        mode: 0o600,
      });
    },
    lookup: (id) => run(gpg('--decrypt'), read(file(id))),
    remove: (id) => removeFile(file(id)),
  };
}

/** pass(1): the file .gpg-id names the key. */
function keyOf(root: string): string {
  const file = `${root}/.gpg-id`;
  if (existsSync(file)) return readFileSync(file, 'utf8').trim().split('\n', 1)[0]!;
  throw new ProaError('NO_KEY', `use secret driver pass: ${file} is not there`, {
    hint: 'pass init KEY, or name the key: --driver-opts key=KEY',
  });
}

function shellDriver(options: Options): SecretDriver {
  const call = (command: string, id: string, input?: Uint8Array): Uint8Array =>
    run(['/bin/sh', '-c', options[command]!], input, { SECRET_ID: id });
  return {
    store: (id, data) => void call('store', id, data),
    lookup: (id) => call('lookup', id),
    remove: (id) => void call('delete', id),
  };
}

function credentialDriver(options: Options, folder: string): SecretDriver {
  const file = `${folder}/data.cred`;
  const tool = (...words: string[]): string[] => [findProgram('systemd-creds'), ...words];
  return {
    store(id, data) {
      const key = options.key === undefined ? [] : [`--with-key=${options.key}`];
      writeFile(file, run(tool('encrypt', ...key, `--name=${id}`, '-', '-'), data), {
        sync: true,
        mode: 0o600,
      });
    },
    lookup: (id) => run(tool('decrypt', `--name=${id}`, '-', '-'), read(file)),
    remove: () => removeFile(file),
  };
}

function read(file: string): Uint8Array {
  try {
    return readFileSync(file);
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error;
    throw new ProaError('SECRET_UNREADABLE', `read secret: ${file} is gone`);
  }
}

/** Runs a helper with a secret as its input or output. @throws ProaError SECRET_UNREADABLE with what it said */
function run(command: string[], input?: Uint8Array, env: Record<string, string> = {}): Uint8Array {
  const { exitCode, stdout, stderr } = Bun.spawnSync(command, {
    stdio: [input ?? 'ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  });
  if (exitCode === 0) return stdout;
  const words = stderr.toString().trim().split('\n').at(-1);
  const name = command[0] === '/bin/sh' ? `sh -c ${JSON.stringify(command[2])}` : command[0]!;
  throw new ProaError('SECRET_UNREADABLE', `run ${name}: ${words || `exit code ${exitCode}`}`);
}
