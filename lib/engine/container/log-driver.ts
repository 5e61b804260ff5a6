/**
 * Where a container's output is kept: conmon's own drivers, by Podman's and Docker's names for them.
 *
 * `k8s-file`, `json-file` and `local` are one and the same file, as conmon knows one format only, the CRI's; the name that
 * was asked for is kept and shown, since that is what Docker's tools compare (ARCHITECTURE.md, "Logs").
 */
import { existsSync } from 'node:fs';
import { ProaError } from '../../core/error.ts';
import { type ContainerConfig, type LogConfig, logPath } from '../../storage/containers.ts';
import type { Store } from '../../storage/store.ts';
import { logTag } from './log-details.ts';

export const DEFAULT_LOG_DRIVER = 'k8s-file';

/** Where sd_journal_send(3) writes to. */
const JOURNAL_SOCKET = '/run/systemd/journal/socket';

/** What Docker's `local` driver keeps when nothing else is said. */
const LOCAL_DEFAULTS = { 'max-size': '20m', 'max-file': '5' };

export function logConfig(config: Pick<ContainerConfig, 'logging'>): LogConfig {
  return config.logging ?? { driver: DEFAULT_LOG_DRIVER, options: {} };
}

/** The file that conmon writes; undefined for drivers that keep none. */
export function logFile(store: Store, config: Pick<ContainerConfig, 'id' | 'logging'>): string | undefined {
  const { driver, options } = logConfig(config);
  if (driver === 'none' || driver === 'passthrough' || driver === 'journald') return undefined;
  return options.path ?? logPath(store, config.id);
}

export interface LogLimit {
  /** Bytes after which a file is set aside. */
  size: number;
  /** How many files are kept, the one that is written to included. */
  files: number;
}

/** What `max-size` and `max-file` say; undefined when the log may grow for ever. */
export function logLimit(config: Pick<ContainerConfig, 'logging'>): LogLimit | undefined {
  const { driver, options } = logConfig(config);
  const given = driver === 'local' ? { ...LOCAL_DEFAULTS, ...options } : options;
  if (given['max-size'] === undefined) return undefined;
  return { size: parseDecimalSize(given['max-size']), files: Number(given['max-file'] ?? 1) };
}

/** conmon's --log-path and --log-tag. @throws ProaError NO_JOURNAL */
export function conmonLog(store: Store, config: ContainerConfig): { logs: string[]; logTag?: string } {
  const { driver, options } = logConfig(config);
  if (driver === 'journald') {
    requireJournal();
    return { logs: ['journald'], ...(options.tag !== undefined && { logTag: logTag(config) }) };
  }
  const file = logFile(store, config);
  return { logs: [file === undefined ? driver : `k8s-file:${file}`] };
}

/** @throws ProaError NO_JOURNAL where no systemd-journald listens */
export function requireJournal(): void {
  if (existsSync(JOURNAL_SOCKET)) return;
  throw new ProaError(
    'NO_JOURNAL',
    `use log driver journald: no journal runs on this machine (no ${JOURNAL_SOCKET})`,
    { hint: `Leave out --log-driver, or use --log-driver ${DEFAULT_LOG_DRIVER}` },
  );
}

/** A size in decimal units, as go-units' FromHumanSize reads it: Docker's `10m` of a log is ten million bytes. */
export function parseDecimalSize(text: string): number {
  const match = /^(\d+(?:\.\d+)?) ?([kmgtp])?i?b?$/i.exec(text);
  const size =
    match === null ? 0 : Number(match[1]) * 1000 ** ' kmgtp'.indexOf(match[2]?.toLowerCase() ?? ' ');
  if (size >= 1 && Number.isSafeInteger(Math.trunc(size))) return Math.trunc(size);
  throw new ProaError('INVALID_OPTION', `invalid size: '${text}'`, { hint: 'For example max-size=10m' });
}
