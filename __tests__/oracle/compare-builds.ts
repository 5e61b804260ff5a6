/** Turns a table of builds into tests: each on Proa and on the peer, configuration and files held side by side. */
import { collect } from '../e2e/support/child.ts';
import { describeAs } from '../e2e/support/machine.ts';
import type { BuildCase } from './builds/case.ts';
import type { Engine } from './case.ts';
import { withoutDuplicates } from './compare.ts';
import { type PeerName, programOf, whyNoPeer } from './peer.ts';
import { type BuildResult, runBuild } from './run-build.ts';

/** So many cases at a time: both engines mostly wait for processes. */
const AT_ONCE = 3;

/**
 * Tests for every build of the groups, by group. Skipped, with the reason, where the peer does not answer.
 * @param everywhere what is known to differ in all of them
 */
export function compareBuildsWith(
  peer: PeerName,
  groups: Readonly<Record<string, readonly BuildCase[]>>,
  everywhere: readonly string[] = [],
): void {
  describeAs(
    'root',
    (machine) => {
      const id = crypto.randomUUID().slice(0, 8);
      const image = `oracle-${id}`;
      // Whatever is built on the base has it too, by which all of it is found again.
      const label = `oracle=${id}`;
      const results = new Map<BuildCase, BuildResult[] | Error>();

      beforeAll(async () => {
        const other: Engine = {
          command: [programOf(peer)],
          image,
          env: { PATH: process.env.PATH ?? '', HOME: '/root', TZ: 'UTC' },
        };
        const engines: Engine[] = [{ command: machine.command(), env: machine.env, image }, other];
        const tar = await withoutDuplicates(machine.imageTar, await machine.makeFolder('oracle'));
        const change = ['CMD ["sh"]', 'ENV PATH=/bin', `LABEL ${label}`].flatMap((line) => [
          '--change',
          line,
        ]);
        for (const { command, env } of engines) {
          const { code, err } = await collect([...command, 'import', ...change, tar, image], { env });
          if (code !== 0) throw new Error(`import: ${err}`);
        }
        const waiting = Object.values(groups).flat();
        const work = async () => {
          for (let each = waiting.shift(); each !== undefined; each = waiting.shift()) {
            const prefix = `o${crypto.randomUUID().slice(0, 8)}`;
            const run = async (engine: Engine, at: number) =>
              runBuild(engine, each!, await machine.makeFolder(`${prefix}/${at}`), prefix, at === 0);
            results.set(each, await Promise.all(engines.map(run)).catch((error: Error) => error));
          }
        };
        await Promise.all(Array.from({ length: AT_ONCE }, work));
        await collect([...other.command, 'image', 'prune', '-af', '--filter', `label=${label}`], {
          env: other.env,
          timeout: 600_000,
        });
      }, 1_800_000);

      for (const [group, cases] of Object.entries(groups)) {
        describe(group, () => {
          for (const each of cases) test(each.name, () => check(each, results.get(each)!, peer, everywhere));
        });
      }
    },
    { skip: whyNoPeer(peer) },
  );
}

function check(
  { but = [], fails }: BuildCase,
  found: BuildResult[] | Error,
  peer: PeerName,
  everywhere: readonly string[],
): void {
  if (found instanceof Error) throw found;
  const [ours, theirs] = found.map((result) => without(result, [...but, ...everywhere]));
  try {
    expect(ours).toEqual(theirs);
    expect(found[1]!.code.some((code) => code !== 0)).toBe(fails === true);
  } catch (error) {
    const [our, their] = found.map(({ said }) => said);
    throw new Error(`${(error as Error).message}\n\nProa said: ${our}\n${peer} said: ${their}`);
  }
}

/** The result without what is said and what is known to differ. */
function without({ code, config, tree, since }: BuildResult, but: readonly string[]): object {
  const files = Object.entries(tree ?? {})
    .filter(([path]) => !but.some((start) => isPath(start, path)))
    .map(([path, text]) => [path, but.includes('mtime') ? text.replace(' of the context', '') : text]);
  const fields = Object.entries(config ?? {}).filter(([name]) => !but.includes(name));
  return {
    code: but.includes('code') ? code.map((each) => each !== 0) : code,
    config: config && Object.fromEntries(fields),
    tree: tree && Object.fromEntries(files),
    since: but.includes('since') ? undefined : since,
  };
}

function isPath(said: string, path: string): boolean {
  if (!said.startsWith('/')) return false;
  return said.endsWith('$') ? path === said.slice(0, -1) : path.startsWith(said);
}
