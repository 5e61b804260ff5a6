/** `registries.d` (containers-registries.d(5)): where the signatures of an image are kept. */
import { messageOf, ProaError } from '../../core/error.ts';
import { JsonCursor } from '../model/json-cursor.ts';
import type { Reference } from '../model/reference.ts';
import { registriesDFiles } from './config-files.ts';
import { referenceScopes } from './scope.ts';

export interface SignatureStorage {
  /** A place for simple signatures to be read from; `file:`, `http:` or `https:`. */
  readonly read: URL;
  /** And to be written to. */
  readonly write: URL;
  /** Whether signatures of sigstore's kind beside the image in its registry are looked at. */
  readonly attachments: boolean;
}

/** One section; what it leaves out a wider one may say. */
interface Section {
  readonly lookaside?: URL | undefined;
  readonly staging?: URL | undefined;
  readonly attachments?: boolean | undefined;
}

export class RegistriesD {
  private constructor(
    private readonly sections: ReadonlyMap<string, Section>,
    private readonly fallback: Section,
  ) {}

  /** @throws ProaError CONFIG_INVALID naming file and member, also for a scope that two files speak of */
  static async load(folder?: string): Promise<RegistriesD> {
    const sections = new Map<string, Section>();
    let fallback: Section | undefined;
    for (const { file, text } of await registriesDFiles(folder)) {
      const document = openYaml(file, text);
      const twice = (name: string): ProaError => invalid(file, `${name}: another section is for the same`);
      const all = document.at('default-docker').maybe(readSection);
      if (all !== undefined && fallback !== undefined) throw twice('default-docker');
      if (all !== undefined) fallback = all;
      const scopes = document.at('docker').maybe((docker) => docker.record(readSection)) ?? {};
      for (const [scope, section] of Object.entries(scopes)) {
        if (sections.has(scope)) throw twice(`docker.${scope}`);
        sections.set(scope, section);
      }
    }
    return new RegistriesD(sections, fallback ?? {});
  }

  /** @param rootless whose default folder it is, where nothing is configured */
  storageFor(reference: Reference, rootless: boolean): SignatureStorage {
    const found = [...referenceScopes(reference).map((scope) => this.sections.get(scope)), this.fallback];
    const first = <T>(pick: (section: Section) => T | undefined): T | undefined => {
      for (const section of found) {
        const value = section && pick(section);
        if (value !== undefined) return value;
      }
      return undefined;
    };
    const read = first(({ lookaside }) => lookaside) ?? defaultFolder(rootless);
    const write = first(({ staging, lookaside }) => staging ?? lookaside) ?? defaultFolder(rootless);
    return { read, write, attachments: first(({ attachments }) => attachments) ?? false };
  }

  /** What is configured to be read from for a scope of policy.json, for people to see. */
  lookasideOf(scope: string): string | undefined {
    for (let end = scope.length; end > 0; end = scope.lastIndexOf('/', end - 1)) {
      const url = this.sections.get(scope.slice(0, end))?.lookaside;
      if (url !== undefined) return plain(url);
    }
    return this.fallback.lookaside && plain(this.fallback.lookaside);
  }
}

/** As it was written: a URL adds a slash to a bare host. */
function plain({ href }: URL): string {
  return href.replace(/\/$/, '');
}

function defaultFolder(rootless: boolean): URL {
  const folder = rootless
    ? `${process.env.HOME}/.local/share/containers/sigstore`
    : '/var/lib/containers/sigstore';
  return new URL(`file://${folder}`);
}

function openYaml(file: string, text: string): JsonCursor {
  let document: unknown;
  try {
    document = Bun.YAML.parse(text) ?? {};
  } catch (error) {
    throw invalid(file, messageOf(error).split('\n')[0]!);
  }
  const cursor = new JsonCursor(document, '', { code: 'CONFIG_INVALID', what: `read ${file}` });
  const [unknown] = Object.keys(cursor.others(['default-docker', 'docker']) ?? {});
  if (unknown !== undefined) cursor.at(unknown).fail('is not known');
  return cursor;
}

function readSection(section: JsonCursor): Section {
  // `sigstore` was the name until 2022, when the other project of that name came into use.
  const url = (...names: string[]): URL | undefined => {
    for (const name of names) {
      const found = section.at(name).maybe(readUrl);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  return {
    lookaside: url('lookaside', 'sigstore'),
    staging: url('lookaside-staging', 'sigstore-staging'),
    attachments: section.at('use-sigstore-attachments').maybe((cursor) => cursor.boolean()),
  };
}

function readUrl(cursor: JsonCursor): URL {
  const url = URL.parse(cursor.string());
  if (url === null || !['file:', 'http:', 'https:'].includes(url.protocol))
    return cursor.fail('must be a URL: file:///FOLDER, http://… or https://…');
  return url;
}

function invalid(file: string, why: string): ProaError {
  return new ProaError('CONFIG_INVALID', `read ${file}: ${why}`, { hint: 'man containers-registries.d' });
}
