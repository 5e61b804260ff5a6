/**
 * ROOT/builders/NAME.json: builders that a person made with `buildx create`, and ROOT/builders/current: the name of the one
 * that is used. They are records alone: every one of them is this engine, and `default` is there without a record.
 */
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { readRecord, removeFile, writeFileAtomic, writeRecord } from '../core/atomic-file.ts';
import { hasCode, ProaError } from '../core/error.ts';
import { type Lock, lock } from '../core/lock.ts';
import type { Store } from './store.ts';

export const DEFAULT_BUILDER = 'default';

export interface BuilderNode {
  name: string;
  /** As it was given; nothing is ever asked there. */
  endpoint: string;
  /** Said at its creation; what the machine has comes beside them. */
  platforms: string[];
  buildkitdFlags: string[];
  driverOptions: Record<string, string>;
}

export interface BuilderRecord {
  version: 1;
  name: string;
  /** The word that was asked for (`docker-container`, …), as scripts look for it. */
  driver: string;
  /** RFC 3339. */
  created: string;
  nodes: BuilderNode[];
}

const VALID = /^[a-zA-Z0-9][a-zA-Z0-9._-]*$/;

/** @throws ProaError INVALID_NAME */
export function validateBuilderName(name: string): void {
  if (VALID.test(name) && name.length <= 200) return;
  throw new ProaError(
    'INVALID_NAME',
    `use builder name ${JSON.stringify(name)}: only [a-zA-Z0-9._-] are allowed`,
  );
}

/** Held while builders are changed. */
export async function lockBuilders(store: Store): Promise<Lock> {
  mkdirSync(folder(store), { recursive: true, mode: 0o700 });
  return await lock(folder(store));
}

export function readBuilder(store: Store, name: string): BuilderRecord | undefined {
  return VALID.test(name) ? readRecord<BuilderRecord>(file(store, name)) : undefined;
}

/** Those that were made, by name. */
export function listBuilders(store: Store): BuilderRecord[] {
  let names: string[];
  try {
    names = readdirSync(folder(store)).filter((name) => name.endsWith('.json'));
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return [];
    throw error;
  }
  return names.sort().flatMap((name) => readBuilder(store, name.slice(0, -'.json'.length)) ?? []);
}

/** New, or over the old one. Under {@link lockBuilders}. */
export function writeBuilder(store: Store, record: BuilderRecord): void {
  writeRecord(file(store, record.name), record);
}

/** Under {@link lockBuilders}. */
export function removeBuilder(store: Store, name: string): void {
  removeFile(file(store, name));
  if (currentBuilder(store) === name) removeFile(currentFile(store));
}

/** The builder that `use` chose and that is still there; else `default`. */
export function currentBuilder(store: Store): string {
  try {
    return readFileSync(currentFile(store), 'utf8').trim();
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return DEFAULT_BUILDER;
    throw error;
  }
}

/** Under {@link lockBuilders}. */
export function useBuilder(store: Store, name: string): void {
  if (name === DEFAULT_BUILDER) removeFile(currentFile(store));
  else writeFileAtomic(currentFile(store), `${name}\n`);
}

function folder(store: Store): string {
  return `${store.root}/builders`;
}
function file(store: Store, name: string): string {
  return `${folder(store)}/${name}.json`;
}
function currentFile(store: Store): string {
  return `${folder(store)}/current`;
}
