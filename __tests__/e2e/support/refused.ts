import type { Machine } from './machine.ts';

/** Runs what must fail, checks that nothing changed on disk, and returns what it said. */
export async function refused(machine: Machine, words: string[], code: number): Promise<string> {
  const before = await machine.disk();
  const failed = await machine.proa(...words);
  expect({ words, ...failed }).toEqual({
    words,
    code,
    out: '',
    err: expect.stringMatching(/^(Error: |proa: )./m),
  });
  // One reason, perhaps a hint: no stack, no list.
  expect(failed.err).not.toMatch(/^\s+at |\/\$bunfs|undefined|\[object/m);
  expect(await machine.disk()).toEqual(before);
  return failed.err;
}
