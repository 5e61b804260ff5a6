/** Turns a table of lines into tests: each line on Proa and on the peer, and the two results held side by side. */
import { collect } from '../e2e/support/child.ts';
import { describeAs } from '../e2e/support/machine.ts';
import { type Engine, type Line, type Result, runCase } from './case.ts';
import { openPeer, type PeerName, whyNoPeer } from './peer.ts';

/** So many cases at a time: they wait for processes more than they compute. */
const AT_ONCE = 4;

/** What is asked of a container that is left: where the two mean the same by the same field. */
const LEFT: Readonly<Record<PeerName, string>> = {
  docker: [
    '{{.Name}} {{.State.Status}} {{.State.ExitCode}} {{.State.OOMKilled}} {{.RestartCount}}',
    '{{.Path}} {{.Args}} {{json .Config.Cmd}} {{json .Config.Entrypoint}} {{.Config.User}} {{.Config.Labels}}',
    '{{.Config.Tty}} {{.Config.OpenStdin}} {{.HostConfig.NetworkMode}} {{.HostConfig.RestartPolicy.Name}}',
    '{{.HostConfig.Privileged}} {{.HostConfig.ReadonlyRootfs}} {{.HostConfig.Memory}} {{.HostConfig.NanoCpus}}',
  ].join(' '),
  podman:
    '{{.State.Status}} {{.State.ExitCode}} {{.State.OOMKilled}} {{.Path}} {{json .Config.Cmd}} {{.Config.User}}',
};

/** Tests for every line of the groups, by group. Skipped, with the reason, where the peer does not answer. */
export function compareWith(peer: PeerName, groups: Readonly<Record<string, readonly Line[]>>): void {
  describeAs(
    'root',
    (machine) => {
      const image = `oracle-${crypto.randomUUID().slice(0, 8)}`;
      const lines = Object.values(groups).flat();
      const results = new Map<Line, Result[] | Error>();

      beforeAll(async () => {
        const tar = await withoutDuplicates(machine.imageTar, await machine.makeFolder('oracle'));
        const other = await openPeer(peer, image, tar);
        await machine.ok('import', '--change', 'CMD ["sh"]', tar, image);
        const proa: Engine = { command: machine.command(), env: machine.env, image };
        // One at a time of those that name images: Podman loses a name that two give to one image at once.
        const [naming, waiting] = [lines.filter(namesImages), lines.filter((line) => !namesImages(line))];
        const work = async (waiting: Line[]) => {
          for (let line = waiting.shift(); line !== undefined; line = waiting.shift()) {
            const prefix = `o${crypto.randomUUID().slice(0, 6)}-`;
            results.set(
              line,
              await Promise.all(
                [proa, other].map((engine) => runCase(engine, line, prefix, LEFT[peer])),
              ).catch((error: Error) => error),
            );
          }
        };
        await Promise.all([work(naming), ...Array.from({ length: AT_ONCE - 1 }, () => work(waiting))]);
        await other.close();
      }, 600_000);

      for (const [group, cases] of Object.entries(groups)) {
        describe(group, () => {
          for (const line of cases) {
            const [text, { but = [] }] = typeof line === 'string' ? [line, {}] : line;
            test(text, () => {
              const found = results.get(line)!;
              if (found instanceof Error) throw found;
              const [ours, theirs] = found.map((result) => without(result, ['said', ...but]));
              try {
                expect(ours).toEqual(theirs);
              } catch (error) {
                const [our, their] = found.map(({ said }) => said);
                throw new Error(`${(error as Error).message}\n\nProa said: ${our}\n${peer} said: ${their}`);
              }
            });
          }
        });
      }
    },
    { skip: whyNoPeer(peer) },
  );
}

function namesImages(line: Line): boolean {
  return (typeof line === 'string' ? line : line[0]).includes('$T');
}

function without(result: Result, parts: readonly (keyof Result)[]): Partial<Result> {
  return Object.fromEntries(Object.entries(result).filter(([part]) => !parts.includes(part as keyof Result)));
}

/** The tar with each path once, in `folder`: Docker takes no other. */
export async function withoutDuplicates(tar: string, folder: string): Promise<string> {
  const fresh = `${folder}/image.tar`;
  const script = 'mkdir "$2/files" && tar -xf "$1" -C "$2/files" && tar -cf "$3" -C "$2/files" .';
  const { code, err } = await collect(['sh', '-c', script, 'sh', tar, folder, fresh]);
  if (code !== 0) throw new Error(`tar: ${err}`);
  return fresh;
}
