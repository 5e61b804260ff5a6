import { randomName } from '../../../lib/engine/container/random-name.ts';
import { validateName } from '../../../lib/storage/names.ts';

test('two words that a container may be called; a number follows when they were taken', () => {
  const first = Array.from({ length: 300 }, () => randomName(0));
  for (const name of first) {
    expect(name).toMatch(/^[a-z]+_[a-z]+$/);
    validateName(name);
  }
  // Of ten thousand pairs a few hundred draws hardly repeat.
  expect(new Set(first).size).toBeGreaterThan(250);
  expect(randomName(1)).toMatch(/^[a-z]+_[a-z]+\d$/);
  expect(randomName(100)).toMatch(/^[a-z]+_[a-z]+\d{1,6}$/);
});
