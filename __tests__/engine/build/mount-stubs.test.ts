import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MountStubs } from '../../../lib/engine/build/mount-stubs.ts';

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'stubs-'));
});
afterEach(() => rmSync(root, { recursive: true }));

/** What is there afterwards of the paths that a mount made in between. */
function after(destinations: string[], make: () => void): void {
  const stubs = new MountStubs(root, destinations);
  make();
  stubs[Symbol.dispose]();
}

test('what was not there and is empty goes, with its folders', () => {
  mkdirSync(`${root}/etc`);
  after(['/etc/hosts', '/run/secrets/key', '/proc'], () => {
    writeFileSync(`${root}/etc/hosts`, '');
    mkdirSync(`${root}/run/secrets`, { recursive: true });
    writeFileSync(`${root}/run/secrets/key`, '');
    mkdirSync(`${root}/proc`);
  });
  expect(['/etc', '/etc/hosts', '/run', '/proc'].map((path) => existsSync(`${root}${path}`))).toEqual([
    true,
    false,
    false,
    false,
  ]);
});

test('what was there stays, and what somebody filled', () => {
  mkdirSync(`${root}/etc`);
  writeFileSync(`${root}/etc/hosts`, '');
  after(['/etc/hosts', '/run/secrets/key', '/cache'], () => {
    mkdirSync(`${root}/run/secrets`, { recursive: true });
    writeFileSync(`${root}/run/secrets/key`, '');
    writeFileSync(`${root}/run/pid`, '1');
    mkdirSync(`${root}/cache`);
    writeFileSync(`${root}/cache/own`, 'x');
  });
  const paths = ['/etc/hosts', '/run', '/run/pid', '/run/secrets', '/cache/own'];
  expect(paths.map((path) => existsSync(`${root}${path}`))).toEqual([true, true, true, false, true]);
});

test('links lead to places inside, and nothing outside is touched', () => {
  const outside = mkdtempSync(join(tmpdir(), 'stubs-outside-'));
  try {
    mkdirSync(`${outside}/victim`);
    symlinkSync(outside, `${root}/run`);
    after(['/run/victim'], () => {});
    expect(existsSync(`${outside}/victim`)).toBe(true);
  } finally {
    rmSync(outside, { recursive: true });
  }
});
