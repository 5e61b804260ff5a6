/** A context and a root to copy into, on disk. */
import { mkdirSync } from 'node:fs';
import { applyCopy, type CopyTree, type CopyWords, planCopy } from '../../../../lib/engine/build/copy.ts';
import type { Engine } from '../../../../lib/engine/engine.ts';
import { openTestEngine, run } from '../../image/support/store.ts';

export interface Copying extends Disposable {
  engine: Engine;
  context: string;
  root: string;
  tree: CopyTree;
  /** Begins with an empty root. */
  newRoot(): void;
  /** Runs a script in the context. */
  inContext(script: string): void;
  inRoot(script: string): void;
  plan(sources: string[], destination: string, more?: CopyMore): ReturnType<typeof planCopy>;
  /** Copies, and returns what the root has then. */
  copy(sources: string[], destination: string, more?: CopyMore): Promise<string[]>;
}

export type CopyMore = Partial<CopyWords> & {
  ignore?: string[];
  workdir?: string;
  /** Files keep their owners, as those of stages. */
  fromStage?: boolean;
};

export function openCopying(): Copying {
  const t = openTestEngine();
  const context = `${t.folder}/context`;
  mkdirSync(context);
  let root = '';
  let roots = 0;
  const newRoot = (): void => {
    root = `${t.folder}/root${roots++}`;
    mkdirSync(root);
  };
  newRoot();
  const tree: CopyTree = {
    path: context,
    name: 'the build context',
    ignore: [],
    keepsOwners: false,
    lasting: true,
  };
  const plan: Copying['plan'] = (sources, destination, more = {}) => {
    const { ignore = [], workdir: _w, fromStage = false, ...words } = more;
    return planCopy(
      t.engine,
      { ...tree, ignore, keepsOwners: fromStage },
      {
        kind: 'COPY',
        sources,
        heredocs: [],
        destination,
        parents: false,
        exclude: [],
        keepGitDir: false,
        ...words,
      },
    );
  };
  return {
    engine: t.engine,
    context,
    get root() {
      return root;
    },
    tree,
    newRoot,
    inContext: (script) => void run(['sh', '-ec', script], { cwd: context }),
    inRoot: (script) => void run(['sh', '-ec', script], { cwd: root }),
    plan,
    async copy(sources, destination, more = {}) {
      const planned = await plan(sources, destination, more);
      await applyCopy(t.engine, planned, { root, workdir: more.workdir ?? '/' });
      return listing(root);
    },
    [Symbol.dispose]: () => t[Symbol.dispose](),
  };
}

/** `TYPE MODE OWNER PATH[ -> LINK][=CONTENT]`, sorted; owners only where they are not root's. */
export function listing(root: string): string[] {
  const lines = run(['find', '.', '-mindepth', '1', '-printf', '%y %m %U:%G %P %l\\n'], { cwd: root });
  return lines
    .toString()
    .trim()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) =>
      line
        .trim()
        .replace(' 0:0 ', ' ')
        .replace(/^(l .*) (\S+)$/, '$1 -> $2'),
    )
    .sort((a, b) => (a.replace(/^\S+ \S+ (\d+:\d+ )?/, '') < b.replace(/^\S+ \S+ (\d+:\d+ )?/, '') ? -1 : 1));
}
