/** Runs one case of the differential suite of builds on one engine. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { collect, collectBytes } from '../e2e/support/child.ts';
import { type BuildCase, CONTEXT_TIME, setTimes, writeItems } from './builds/case.ts';
import type { Engine } from './case.ts';
import { readSavedImage, type SavedImage } from './saved-image.ts';

/** What is compared. */
export interface BuildResult {
  /** Exit codes of the builds, one each. */
  code: number[];
  /** The last image: absent when there is none. */
  config?: SavedImage['config'];
  tree?: SavedImage['tree'];
  /** Of each file `/id…`, in which build what it holds was written, a number a build. */
  since: Record<string, number[]>;
  /** What was said: not compared, but shown when something else differs. */
  said: string;
}

/**
 * @param folder its own, which may be there already
 * @param prefix of the names of images; no others begin so
 * @param clears whether the images go at the end: the classic builder fails where others build on what goes
 */
export async function runBuild(
  engine: Engine,
  each: BuildCase,
  folder: string,
  prefix: string,
  clears: boolean,
): Promise<BuildResult> {
  const context = `${folder}/context`;
  mkdirSync(context, { recursive: true });
  const places: Record<string, string> = { base: engine.image, folder, case: prefix };
  const fill = (text: string): string =>
    text.replace(/@\{(\w+)\}/g, (_, name) => places[name] ?? `${prefix}-${name}`);
  const result: BuildResult = { code: [], since: {}, said: '' };
  let time = CONTEXT_TIME;
  const env = { ...engine.env, DOCKER_BUILDKIT: '0', BUILDAH_FORMAT: 'docker', ...each.env };

  const build = async (name: string, dockerfile: string, options: readonly string[]): Promise<number> => {
    writeFileSync(`${context}/${each.file ?? 'Dockerfile'}`, fill(dockerfile));
    setTimes(context, time);
    const command = ['build', '--network=none', '-t', name, ...options.map(fill)];
    const place = each.stdin === undefined ? `${context}/${each.context ?? ''}` : '-';
    const stdin = each.stdin && input(each.stdin, context);
    const { code, out, err } = await collect([...engine.command, ...command, place], {
      env,
      stdin,
      timeout: 120_000,
    });
    result.code.push(code);
    result.said += out + err;
    return code;
  };
  const images: SavedImage[] = [];
  const keep = async (code: number): Promise<void> => {
    if (code !== 0) return;
    const {
      code: saved,
      out,
      err,
    } = await collectBytes([...engine.command, 'save', prefix], { env: engine.env });
    if (saved !== 0) throw new Error(`save: ${err}`);
    images.push(readSavedImage(out));
  };

  writeItems(context, each.files ?? {});
  for (const [name, dockerfile] of Object.entries(each.others ?? {})) {
    if ((await build(`${prefix}-${name}`, dockerfile, [])) !== 0) throw new Error(`${name}: ${result.said}`);
  }
  result.code = [];
  await keep(await build(prefix, each.dockerfile, each.options ?? []));
  for (const again of each.again ?? []) {
    writeItems(context, again.files ?? {});
    if (again.touch) time += 1_000;
    const options = again.options ?? each.options ?? [];
    await keep(await build(prefix, again.dockerfile ?? each.dockerfile, options));
  }
  const [first, last] = [images[0], images.at(-1)];
  if (last !== undefined) Object.assign(result, { config: last.config, tree: last.tree });
  for (const path of Object.keys(first?.ids ?? {})) {
    const texts = images.map(({ ids }) => ids[path]);
    result.since[path] = texts.map((text) => texts.indexOf(text));
  }
  const names = [prefix, ...Object.keys(each.others ?? {}).map((name) => `${prefix}-${name}`)];
  if (clears) await collect([...engine.command, 'rmi', '-f', ...names], { env: engine.env });
  return result;
}

function input(kind: NonNullable<BuildCase['stdin']>, context: string): Buffer<ArrayBuffer> {
  const command =
    kind === 'dockerfile' ? ['cat', `${context}/Dockerfile`] : ['tar', '-C', context, '-c', '.'];
  if (kind === 'tar.gz') command.push('-z');
  return Buffer.from(execFileSync(command[0]!, command.slice(1), { maxBuffer: 1 << 30 }));
}
