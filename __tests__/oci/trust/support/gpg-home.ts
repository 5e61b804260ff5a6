// Keys of the real gpg in a home of their own; its agent is ended with it.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tryFindProgram } from '../../../../lib/core/programs.ts';

/** Why gpg cannot be used here. */
export const WITHOUT_GPG = tryFindProgram('gpg') === undefined || tryFindProgram('gpg-agent') === undefined;
export const withGpg = WITHOUT_GPG ? describe.skip : describe;

export class GpgHome implements Disposable {
  // Short: the agent's socket is in it.
  readonly path = mkdtempSync(join(tmpdir(), 'gpg-'));

  run(args: string[], input?: Uint8Array): Buffer {
    return execFileSync('gpg', ['--homedir', this.path, '--batch', '--quiet', '--yes', ...args], {
      ...(input && { input }),
      stdio: ['pipe', 'pipe', 'ignore'],
    });
  }

  /** @param at a day as 20200101: gpg believes that it is then */
  addKey(user: string, options: { passphrase?: string; expires?: string; at?: string } = {}): void {
    const { passphrase = '', expires = 'never', at } = options;
    const time = at === undefined ? [] : ['--faked-system-time', `${at}T000000`];
    this.run([
      ...time,
      '--pinentry-mode',
      'loopback',
      '--passphrase',
      passphrase,
      '--quick-gen-key',
      user,
      'ed25519',
      'sign',
      expires,
    ]);
  }

  export(user: string, ...options: string[]): Uint8Array {
    return this.run([...options, '--export', user]);
  }

  /** The certificate that revokes a key, which gpg makes with it, ready to be imported. */
  revocation(): Uint8Array {
    const folder = join(this.path, 'openpgp-revocs.d');
    const text = readFileSync(join(folder, readdirSync(folder)[0]!), 'utf8');
    return Buffer.from(text.replace(/^:-----BEGIN/m, '-----BEGIN'));
  }

  [Symbol.dispose](): void {
    execFileSync('gpgconf', ['--homedir', this.path, '--kill', 'all'], { stdio: 'ignore' });
    rmSync(this.path, { recursive: true, force: true });
  }
}
