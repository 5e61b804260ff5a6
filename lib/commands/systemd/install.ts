import { defineCommand } from '../../cli/command.ts';
import { addContext, ProaError } from '../../core/error.ts';
import { selfCommand } from '../../core/self.ts';
import { isRunning } from '../../engine/container/state.ts';
import { type ContainerConfig, readContainer } from '../../storage/containers.ts';
import { keepVolume } from '../../storage/volumes.ts';
import { anonymousVolumes } from '../../systemd/install/container.ts';
import type { RunOption } from '../../systemd/install/container-file.ts';
import { requireGenerator } from '../../systemd/quadlet/folders.ts';
import { installQuadlets } from '../../systemd/quadlet/installed/install.ts';
import { openPlaces, type Places } from '../../systemd/quadlet/installed/places.ts';
import { noSuchQuadlet, removeQuadlet } from '../../systemd/quadlet/installed/remove.ts';
import { openEngine, print, warn } from '../context.ts';
import { globals } from '../globals.ts';
import { installedNames, type Plan, planInstall } from './plan.ts';

/** Behind the name of a container that a service took the place of. */
const BEFORE = '-before-systemd';

export const command = defineCommand({
  names: ['systemd install'],
  summary: 'Let systemd run containers, also after a reboot',
  usage: '[OPTIONS] CONTAINER|COMPOSE_FILE|IMAGE...',
  description:
    'Writes Quadlet files for a container that is there, for all services of a compose file (or of the folder ' +
    'that it is in), or for an image, has systemd read them, and starts the services: for root those of the ' +
    'system, for a user their own, which run after a reboot if the user lingers. A container is stopped and ' +
    `kept under its name with ${BEFORE} behind it; its volumes go on in the service’s. What of a compose file ` +
    'has no counterpart is an error that names the key. --uninstall stops the services and takes the files away.',
  examples: [
    'systemd install web',
    'systemd install ./shop/compose.yaml',
    'systemd install --name www -p 8080:80 docker.io/library/nginx',
    'systemd install --dry-run web',
    'systemd install --uninstall web',
  ],
  options: {
    'dry-run': { type: 'bool', summary: 'Print the files, and change nothing' },
    env: { short: 'e', type: 'list', metavar: 'NAME=VALUE', summary: 'Of an image: variables' },
    name: {
      type: 'string',
      metavar: 'NAME',
      summary: 'Name of the service, or of what a compose file makes',
    },
    network: { type: 'list', metavar: 'MODE', summary: 'Of an image: networks', complete: 'network' },
    publish: { short: 'p', type: 'list', metavar: 'PORTS', summary: 'Of an image: ports to publish' },
    replace: { short: 'r', type: 'bool', summary: 'Put the files in the place of others' },
    start: { type: 'bool', default: true, summary: 'Start the services at once' },
    uninstall: { type: 'bool', summary: 'Stop the services and remove the files' },
    volume: { short: 'v', type: 'list', metavar: 'VOLUME', summary: 'Of an image: folders and volumes' },
  },
  args: { min: 1 },
  async run({ options, args }) {
    if (options.name !== undefined && args.length > 1)
      throw new ProaError('CONFLICTING_OPTIONS', `install ${args.join(' ')}: --name is for one of them`);
    const { root, runroot } = globals();
    if ((root ?? runroot) !== undefined && !options['dry-run']) {
      throw new ProaError(
        'CONFLICTING_OPTIONS',
        'install services: they use the usual --root and --runroot',
        {
          hint: 'GlobalArgs=--root=… in a .container file asks for another place',
        },
      );
    }
    const places = openPlaces();
    const given: RunOption[] = (['env', 'network', 'publish', 'volume'] as const).flatMap((name) =>
      options[name].map((value) => [name, value] as const),
    );
    const wantedBy = places.user ? 'default.target' : 'multi-user.target';
    // Before the store is looked at: a user without one has no place for its state either.
    if (!options['dry-run']) places.manager.requireRunning();
    if (options.uninstall) {
      for (const target of args) await uninstall(places, target, options.name);
      return;
    }
    const plans: Plan[] = [];
    for (const target of args) {
      const request = { target, name: options.name, options: given, wantedBy };
      plans.push(await planInstall(openEngine().store, request));
    }
    if (options['dry-run']) return print(plans.flatMap(({ files }) => files.map(fileText)).join('\n'));
    for (const plan of plans) await install(places, plan, options);
    await adviseLinger(places);
  },
});

function fileText({ name, text }: Plan['files'][number]): string {
  return `---${name}---\n${text}`;
}

async function install(
  places: Places,
  plan: Plan,
  { replace, start }: { replace: boolean; start: boolean },
): Promise<void> {
  const { manager } = places;
  requireGenerator('proa', places.user ? process.geteuid!() : undefined);
  await refuseOtherUnits(places, plan);
  const files = plan.files.map(({ name, text }) => ({ name, content: Buffer.from(text), origin: name }));
  const { application, container, services } = plan;
  const { paths } = installQuadlets(places, { files, ...(application && { application }) }, { replace });
  await manager.reload();
  await print(paths.map((path) => `Wrote ${path}\n`).join(''));
  if (container !== undefined) await keepVolumes(container);
  if (!start) return print(`Not started: ${manager.line('start', ...services)}\n`);
  const before = container && (await setAside(container));
  try {
    await manager.start(...services);
  } catch (error) {
    if (before === undefined) throw error;
    await removeQuadlet(places, plan.files[0]!.name, { force: true, ignore: true });
    await manager.reload();
    await manager.forget(...services);
    await before.bringBack();
    throw addContext(error, `install ${container!.name}: all is as it was before`);
  }
  if (before !== undefined) await print(before.told);
  await print(services.map((name) => `Started ${name}; it starts at boot\n`).join(''));
}

/** A service of the same name that is none of ours would be hidden by the new one. */
async function refuseOtherUnits({ manager, folders }: Places, { services }: Plan): Promise<void> {
  for (const [name, { load, source }] of await manager.states(services)) {
    if (load === 'not-found' || folders.some((folder) => source.startsWith(`${folder}/`))) continue;
    throw new ProaError('UNIT_EXISTS', `install ${name}: there is a unit of that name already`, {
      hint: `${manager.line('cat', name)} shows it; --name gives this one another`,
    });
  }
}

/** Volumes without a name have one now: in the file, so they no longer go with a container. */
async function keepVolumes(container: ContainerConfig): Promise<void> {
  const { store } = openEngine();
  for (const name of anonymousVolumes(container)) await keepVolume(store, name);
}

interface SetAside {
  told: string;
  bringBack(): Promise<void>;
}

/** The container makes room for the service's, but nothing of it is lost. Undefined when it is gone, or went by --rm. */
async function setAside({ id, name, restart }: ContainerConfig): Promise<SetAside | undefined> {
  const read = () => readContainer(openEngine().store, id);
  const before = read();
  const ran = before !== undefined && isRunning(before.state);
  if (ran) await ownCommand('stop', id);
  if (read() === undefined) return undefined;
  // To start it is the service's matter from now on.
  await ownCommand('update', '--restart=no', id);
  await ownCommand('rename', id, `${name}${BEFORE}`);
  return {
    told: `Stopped the container ${name} and kept it: proa rm ${name}${BEFORE}\n`,
    bringBack: async () => {
      const limit = restart.maximumRetryCount > 0 ? `:${restart.maximumRetryCount}` : '';
      await ownCommand('rename', id, name);
      await ownCommand('update', `--restart=${restart.name}${limit}`, id);
      if (ran) await ownCommand('start', id);
    },
  };
}

/** In a process of its own, which joins the user's namespace if it has to: this one must stay outside, where systemd is. */
async function ownCommand(...words: string[]): Promise<void> {
  const child = Bun.spawn([...selfCommand(), ...words], { stdio: ['ignore', 'ignore', 'pipe'] });
  const [said, code] = await Promise.all([new Response(child.stderr).text(), child.exited]);
  if (code === 0) return;
  throw new ProaError(
    'CONTAINER_STAYS',
    `make room for the service: ${said.trim().replace(/^Error: /, '')}`,
    {
      hint: `proa ${words.join(' ')}`,
    },
  );
}

/** By the name that the files have: what they were made of may be gone. */
async function uninstall(places: Places, target: string, name: string | undefined): Promise<void> {
  for (const candidate of await installedNames(target, name)) {
    const removed = await removeQuadlet(places, candidate, { force: true, ignore: true });
    if (removed.length === 0) continue;
    await places.manager.reload();
    return print(removed.map((file) => `Stopped and removed ${file}\n`).join(''));
  }
  throw noSuchQuadlet(name ?? target);
}

/** A user's services end with the last login and begin with the first, unless the user lingers. */
async function adviseLinger({ user, manager }: Places): Promise<void> {
  if (!user || (await manager.lingers()) !== false) return;
  const name = process.env.USER ?? String(process.geteuid!());
  warn(`WARNING: these services run only while ${name} is logged in, and not after a reboot`);
  warn(`To let them run always: sudo loginctl enable-linger ${name}`);
}
