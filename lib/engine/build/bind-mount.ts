/**
 * `RUN --mount=type=bind`: files of the context, of a stage or of an image. With `rw` what is written goes into a folder
 * that is thrown away; what .dockerignore leaves out is not to be seen.
 */
import { copyFileSync, mkdirSync } from 'node:fs';
import type { BindMount } from '../../build/dockerfile/run-mount.ts';
import { IgnoreRules } from '../../build/ignore.ts';
import { readEntries } from '../../core/sys/directory.ts';
import { AT_FDCWD, close, O, open, tryMknodAt } from '../../core/sys/file.ts';
import { check } from '../../core/sys/libc.ts';
import { S_IFCHR, S_IFDIR, S_IFMT, tryStatAt } from '../../core/sys/stat.ts';
import { bindMount } from '../../oci/model/runtime-spec/mount-options.ts';
import type { Mount } from '../../oci/model/runtime-spec/types.ts';
import { mountOverlay } from '../../storage/overlay.ts';
import { planCopy } from './copy.ts';
import type { Sandbox } from './sandbox.ts';
import type { SideMounts } from './side-mounts.ts';
import { copyTree, fileSource } from './sources.ts';
import type { MountingStep } from './step-mounts.ts';

/** What a step depends on: the content of what is shown. */
export async function bindFacts(of: MountingStep, mount: BindMount): Promise<unknown> {
  const { build, stage, step } = of;
  const { from, ...words } = mount;
  const source = await fileSource(build, stage, from, step);
  if (source.kind === 'layers') return [words, source.diffIds];
  const tree = copyTree(source, () => '', build.engine.store.tmp);
  const plan = await planCopy(
    build.engine,
    tree,
    {
      kind: 'COPY',
      sources: [mount.source || '.'],
      heredocs: [],
      destination: '/',
      parents: false,
      exclude: [],
      keepGitDir: false,
    },
    build.signal,
  );
  return [words, plan.digest];
}

/** @throws ProaError MOUNT_SOURCE_MISSING, … */
export async function prepareBind(
  of: MountingStep,
  sandbox: Sandbox,
  side: SideMounts,
  mount: BindMount,
): Promise<Mount> {
  const { build, stage, step } = of;
  const source = await fileSource(build, stage, mount.from, step);
  const root = source.kind === 'folder' ? source.context.path : sandbox.view(source.diffIds);
  const ignore = source.kind === 'folder' ? source.context.ignore : [];
  const shown = side.show(root, mount.source, source.name);
  const show = (path: string, readonly: boolean): Mount =>
    bindMount({ source: path, destination: mount.target, readonly });
  if (!shown.isFolder) {
    if (mount.readOnly) return show(shown.path, true);
    const copy = `${sandbox.freshFolder()}/file`;
    copyFileSync(shown.path, copy);
    return show(copy, false);
  }
  const hidden = ignore.some((line) => line.trim() !== '') ? sandbox.freshFolder() : undefined;
  if (hidden !== undefined) new Whiteouts(new IgnoreRules(ignore)).write(shown.path, mount.source, hidden);
  if (hidden === undefined && mount.readOnly) return show(shown.path, true);
  const target = side.place();
  const upper = hidden ?? sandbox.freshFolder();
  mountOverlay({
    lower: mount.readOnly ? [upper, shown.path] : [shown.path],
    ...(!mount.readOnly && { upper: { dir: upper, work: sandbox.freshFolder() } }),
    target,
    userxattr: build.engine.store.xattrPrefix === 'user',
  });
  return show(target, mount.readOnly);
}

/** Marks for overlayfs of what an ignore file leaves out. */
class Whiteouts {
  constructor(private readonly rules: IgnoreRules) {}

  /**
   * @param folder the folder as it is
   * @param path what the rules call it
   * @param into an empty folder
   */
  write(folder: string, path: string, into: string): void {
    const base = path
      .split('/')
      .filter((part) => part !== '' && part !== '.')
      .join('/');
    this.folder(folder, base, into);
  }

  private folder(folder: string, path: string, into: string): void {
    const fd = open(folder, O.RDONLY | O.DIRECTORY | O.NOFOLLOW);
    try {
      for (const { name } of readEntries(fd)) {
        const text = Buffer.from(name).toString();
        const child = path === '' ? text : `${path}/${text}`;
        const status = tryStatAt(fd, name);
        const isFolder = typeof status !== 'number' && (status.mode & S_IFMT) === S_IFDIR;
        const ignored = this.rules.isIgnored(child);
        if (ignored && !(isFolder && this.rules.mayContainKept(child))) {
          check(tryMknodAt(AT_FDCWD, `${into}/${text}`, S_IFCHR, 0), 'hide', child);
        } else if (isFolder) {
          this.below(`${folder}/${text}`, child, `${into}/${text}`);
        }
      }
    } finally {
      close(fd);
    }
  }

  /** Only folders in which something is left out are there in the marks. */
  private below(folder: string, path: string, into: string): void {
    mkdirSync(into);
    this.folder(folder, path, into);
  }
}
