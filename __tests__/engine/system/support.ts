/** A store of its own in a temporary folder, with a real image, that leaves nothing behind. */
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { selfCommand } from '../../../lib/core/self.ts';
import { type CreateRequest, createContainer } from '../../../lib/engine/container/create.ts';
import { Engine } from '../../../lib/engine/engine.ts';
import { storeImage } from '../../../lib/engine/image/store-image.ts';
import { unpackLayer } from '../../../lib/engine/image/unpack-layers.ts';
import { type Finding, findDamage } from '../../../lib/engine/system/check.ts';
import { resetSystem } from '../../../lib/engine/system/reset.ts';
import { parseImageConfig, serializeImageConfig } from '../../../lib/oci/model/image-config.ts';
import { parseReference } from '../../../lib/oci/model/reference.ts';
import { readIdentity } from '../../../lib/rootless/identity.ts';
import type { ContainerConfig } from '../../../lib/storage/containers.ts';
import type { ImageRecord } from '../../../lib/storage/images.ts';
import { LayerLease } from '../../../lib/storage/layers.ts';
import { openStore } from '../../../lib/storage/store.ts';

export const IMAGE = 'localhost/check:1';
export const isRoot = process.geteuid!() === 0;

export class TemporaryEngine extends Engine implements AsyncDisposable {
  /** @param source a store to start with a copy of */
  static make(source?: TemporaryEngine): TemporaryEngine {
    const folder = mkdtempSync(`${tmpdir()}/proa-check-`);
    const [root, runRoot] = [`${folder}/root`, `${folder}/run`];
    if (source !== undefined) cpSync(source.store.root, root, { recursive: true, verbatimSymlinks: true });
    const identity = readIdentity();
    const store = openStore({ root, runRoot, rootless: identity.rootless, uid: identity.uid });
    const self = [...selfCommand(), `--root=${root}`, `--runroot=${runRoot}`];
    return new TemporaryEngine({ store, identity, self });
  }

  get folder(): string {
    return this.store.root.slice(0, -'/root'.length);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (existsSync(`${this.store.root}/containers`)) await resetSystem(this);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Stores an image of two layers: busybox, and a few small files. */
export async function makeImage(engine: Engine): Promise<ImageRecord> {
  const work = mkdtempSync(`${tmpdir()}/proa-layer-`);
  using lease = new LayerLease();
  try {
    mkdirSync(`${work}/base/bin`, { recursive: true });
    const busybox = ['/bin/busybox', '/usr/bin/busybox'].find(existsSync)!;
    cpSync(busybox, `${work}/base/bin/busybox`);
    for (const name of ['sh', 'sleep', 'true']) cpSync(busybox, `${work}/base/bin/${name}`);
    mkdirSync(`${work}/top/etc`, { recursive: true });
    writeFileSync(`${work}/top/etc/greeting`, 'hello\n');
    writeFileSync(`${work}/top/etc/number`, '42\n');
    const diffIds = [];
    for (const layer of ['base', 'top']) {
      const tar = Bun.spawnSync(['tar', '-C', `${work}/${layer}`, '--sort=name', '-c', '.']).stdout;
      diffIds.push(await unpackLayer(engine, { chunks: () => [tar] }, lease));
    }
    const document = {
      architecture: process.arch === 'x64' ? 'amd64' : 'arm64',
      os: 'linux',
      config: { Cmd: ['sleep', '60'], Env: ['PATH=/bin'] },
      rootfs: { type: 'layers', diff_ids: diffIds },
    };
    const config = parseImageConfig(JSON.stringify(document));
    const configBytes = serializeImageConfig(config);
    return (await storeImage(engine, { config, configBytes, names: [parseReference(IMAGE)] })).image;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** A container that is created and not started. */
export async function makeContainer(
  engine: Engine,
  record: ImageRecord,
  changes: Partial<CreateRequest> = {},
): Promise<ContainerConfig> {
  const { config, lock } = await createContainer(engine, {
    image: { record, name: IMAGE },
    command: [],
    env: [],
    tty: false,
    openStdin: false,
    stdinOnce: false,
    autoRemove: false,
    labels: {},
    mounts: [],
    networkMode: 'none',
    ports: [],
    privileged: false,
    readonlyRootfs: false,
    init: false,
    capAdd: [],
    capDrop: [],
    securityOpt: [],
    ulimits: [],
    resources: {},
    restart: { name: 'no', maximumRetryCount: 0 },
    createCommand: [],
    ...changes,
  });
  lock[Symbol.dispose]();
  return config;
}

const PAUSE = 20;

/** What a check finds, as it is printed. */
export async function check(
  engine: Engine,
  options: { quick?: boolean; pause?: number } = {},
): Promise<string[]> {
  const found: string[] = [];
  for await (const finding of findDamage(engine, { pause: PAUSE, ...options })) found.push(text(finding));
  return found;
}

/** Mends everything; what each repair said, or the code of its error. */
export async function repair(engine: Engine): Promise<string[]> {
  const said: string[] = [];
  for await (const finding of findDamage(engine, { pause: PAUSE })) {
    try {
      said.push(`${text(finding)}: ${(await finding.repair?.()) ?? 'kept'}`);
    } catch (error) {
      said.push(`${text(finding)}: ${(error as { code?: string }).code}`);
    }
  }
  return said;
}

function text({ what, which, why, harmless }: Finding): string {
  return `${harmless ? '(harmless) ' : ''}${what}: ${which}: ${why}`;
}

/** Every name below ROOT and RUNROOT with its size and time, to see that nothing changed. */
export function snapshot(engine: Engine): string[] {
  const { root, runRoot } = engine.store;
  return [root, runRoot].flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .map((name) => `${folder}/${name}`)
      .sort()
      .map((path) => {
        const status = statSync(path, { throwIfNoEntry: false });
        return `${path} ${status?.ino} ${status?.size} ${status?.mtimeMs}`;
      }),
  );
}
