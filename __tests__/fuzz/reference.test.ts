// Image names: what the grammar makes is read and comes back; what is near it is refused or read in one way only.
import {
  familiarName,
  formatReference,
  parseReference,
  type Reference,
} from '../../lib/oci/model/reference.ts';
import { forAll, type Generator, outcome, SEED } from './generator.ts';

const LOWER = 'abcxyz0189';
const TAG = 'aZ09_.-';
/** Letters that mean something in a name, and some that must not. */
const NEAR = 'aA0.:/@-_[]%*+ \t\n\0é٣';

function component(generator: Generator): string {
  const separators = ['.', '_', '__', '-', '---'];
  return generator
    .list(1, 3, () => generator.text(LOWER, 1, 4))
    .reduce((a, b) => `${a}${generator.pick(separators)}${b}`);
}

function registry(generator: Generator): string {
  const label = () => generator.text(LOWER, 1, 3);
  const host = generator.pick([
    () => 'localhost',
    () => `${label()}.${label()}`,
    () => `${label()}-${label()}.test`,
    () => generator.text('ABX', 1, 3),
    () => '[fd00::1]',
    () => '10.0.0.1',
  ])();
  return generator.maybe()
    ? `${host}:${generator.between(1, 65_535)}`
    : host.includes('[')
      ? `${host}:1`
      : host;
}

function validName(generator: Generator): string {
  const parts = generator.list(1, 4, () => component(generator));
  // A first part with a dot would be a registry.
  const bare = parts.length === 1 || !/[.]/.test(parts[0]!);
  const host = generator.maybe() || !bare ? `${registry(generator)}/` : '';
  const tag = generator.maybe() ? `:${generator.text('aZ09_', 1, 1)}${generator.text(TAG, 0, 20)}` : '';
  const digest = generator.maybe(0.3) ? `@sha256:${generator.text('0123456789abcdef', 64, 64)}` : '';
  return `${host}${parts.join('/')}${tag}${digest}`;
}

function mutate(generator: Generator, text: string): string {
  let result = text;
  for (let i = generator.between(1, 3); i > 0; i--) {
    const at = generator.below(result.length + 1);
    const cut = generator.below(3);
    result = result.slice(0, at) + generator.text(NEAR, 0, 2) + result.slice(at + cut);
  }
  return result;
}

/** The grammar of the distribution project's reference package, in one expression, for names with a registry and a tag. */
const GRAMMAR =
  /^(?:[a-zA-Z0-9-]+(?:\.[a-zA-Z0-9-]+)*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*(?::\w[\w.-]{0,127})?(?:@sha(?:256:[0-9a-f]{64}|512:[0-9a-f]{128}))?$/;

function isStable(reference: Reference): void {
  const full = formatReference(reference);
  expect(full).toMatch(GRAMMAR);
  expect(parseReference(full)).toEqual(reference);
  expect(parseReference(familiarName(reference))).toEqual(reference);
}

test(`names of the grammar (seed ${SEED})`, () => {
  forAll(2000, (generator) => {
    const name = validName(generator);
    const reference = parseReference(name);
    isStable(reference);
    expect(`${reference.registry}/${reference.repository}`).toContain(
      name.split('@')[0]!.split('/').at(-1)!.split(':')[0]!,
    );
  });
});

test(`names that are nearly so (seed ${SEED})`, () => {
  let refused = 0;
  forAll(2000, (generator) => {
    const name = mutate(generator, validName(generator));
    const read = outcome(['INVALID_REFERENCE'], () => parseReference(name));
    if ('result' in read) isStable(read.result);
    else refused++;
  });
  expect(refused).toBeGreaterThan(200);
});

test('long names are read or refused at once', () => {
  for (const part of ['a', 'a/', 'a-', '-', 'a.', '.', ':', '@', 'a_', '[', '0:']) {
    const begin = performance.now();
    outcome(['INVALID_REFERENCE'], () => parseReference(`${part.repeat(50_000)}!`));
    expect(performance.now() - begin).toBeLessThan(500);
  }
});
