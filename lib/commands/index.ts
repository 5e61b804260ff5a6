/**
 * All commands by name. A command's module is loaded when it is called; the summaries stand here so that the overview
 * loads none.
 */
import type { Command } from '../cli/command.ts';
import type { CommandEntry } from '../cli/dispatch.ts';

export interface CommandRow extends CommandEntry {
  /** Needs neither storage nor namespaces: an ordinary user's call stays outside of their user namespace. */
  plain?: boolean;
}

type Module = Promise<{ command: unknown }>;

function row(summary: string, load: () => Module, extra: Partial<CommandRow> = {}): CommandRow {
  return { summary, load: async () => (await load()).command as Command, ...extra };
}

const MAIN = { group: 'Common Commands' };
const OTHER = { group: 'Commands' };

const pause = row(
  'Stop all processes of containers where they are',
  () => import('./container/pause.ts'),
  OTHER,
);
const port = row("Show where a container's ports are published", () => import('./container/port.ts'), OTHER);
const rename = row('Give a container another name', () => import('./container/rename.ts'), OTHER);
const top = row('Show the processes of a container', () => import('./container/top.ts'), OTHER);
const unpause = row(
  'Let the processes of paused containers go on',
  () => import('./container/unpause.ts'),
  OTHER,
);

const run = row('Create and run a new container from an image', () => import('./container/run.ts'), MAIN);
const events = row(
  'Show what happens to containers, images and volumes',
  () => import('./system/events.ts'),
  OTHER,
);
const exec = row('Execute a command in a running container', () => import('./container/exec.ts'), MAIN);
const ps = row('List containers', () => import('./container/ps.ts'), MAIN);
const build = row('Build an image from a Dockerfile', () => import('./build/build.ts'), MAIN);
const pull = row('Download an image from a registry', () => import('./image/pull.ts'), MAIN);
const push = row('Upload an image to a registry', () => import('./image/push.ts'), MAIN);
const images = row('List images', () => import('./image/images.ts'), MAIN);
const attach = row(
  'Attach to the streams of a running container',
  () => import('./container/attach.ts'),
  OTHER,
);
const create = row('Create a new container', () => import('./container/create.ts'), OTHER);
const commit = row(
  "Create an image from a container's changes",
  () => import('./container/commit.ts'),
  OTHER,
);
const cp = row('Copy files between containers and this machine', () => import('./container/cp.ts'), OTHER);
const diff = row("Show what changed in a container's files", () => import('./container/diff.ts'), OTHER);
const exportContainer = row(
  "Write a container's files to a tar archive",
  () => import('./container/export.ts'),
  OTHER,
);
const mount = row(
  "Show containers' files in folders of this machine",
  () => import('./container/mount.ts'),
  OTHER,
);
const unmount = row('End what mount shows', () => import('./container/unmount.ts'), OTHER);
const importImage = row(
  'Create an image from the contents of a tarball',
  () => import('./image/import.ts'),
  OTHER,
);
const history = row('Show the history of an image', () => import('./image/history.ts'), OTHER);
const init = row('Make containers ready to start', () => import('./container/init.ts'), OTHER);
const kill = row('Kill running containers', () => import('./container/kill.ts'), OTHER);
const load = row('Load images from an archive', () => import('./image/load.ts'), OTHER);
const logs = row('Show the logs of a container', () => import('./container/logs.ts'), OTHER);
const restart = row('Restart containers', () => import('./container/restart.ts'), OTHER);
const rm = row('Remove containers', () => import('./container/rm.ts'), OTHER);
const rmi = row('Remove images', () => import('./image/rmi.ts'), OTHER);
const save = row('Save images to an archive', () => import('./image/save.ts'), OTHER);
const start = row('Start stopped containers', () => import('./container/start.ts'), OTHER);
const stats = row(
  'Show what containers use of processor, memory, network and disk',
  () => import('./container/stats.ts'),
  OTHER,
);
const stop = row('Stop running containers', () => import('./container/stop.ts'), OTHER);
const tag = row('Give an image another name', () => import('./image/tag.ts'), OTHER);
const untag = row('Take names from an image', () => import('./image/untag.ts'), OTHER);
const search = row('Look for images in a registry', () => import('./image/search.ts'), OTHER);
const update = row(
  'Change the limits and the restart policy of containers',
  () => import('./container/update.ts'),
  OTHER,
);
const wait = row(
  'Wait until containers stop, then print their exit codes',
  () => import('./container/wait.ts'),
  OTHER,
);
const info = row('Show what Proa has and finds on this machine', () => import('./system/info.ts'), OTHER);
const inspectContainer = row('Show all about containers', () => import('./container/inspect.ts'));
const inspectImage = row('Show all about images', () => import('./image/inspect.ts'));
const unmountImage = row('End what image mount shows', () => import('./image/unmount.ts'));

const artifacts = row('List artifacts', () => import('./artifact/ls.ts'));
const removeArtifacts = row('Remove artifacts', () => import('./artifact/rm.ts'));

const bake = row('Build what files describe: several images at once', () => import('./buildx/bake.ts'));

const networks = row('List networks', () => import('./network/ls.ts'));
const removeNetworks = row('Remove networks', () => import('./network/rm.ts'));

const listCheckpoints = row('List the checkpoints of a container', () => import('./checkpoint/ls.ts'));
const removeCheckpoints = row('Remove a checkpoint', () => import('./checkpoint/rm.ts'));

const volumes = row('List volumes', () => import('./volume/ls.ts'));
const removeVolumes = row('Remove volumes with their data', () => import('./volume/rm.ts'));

const listQuadlets = row('List Quadlet files', () => import('./quadlet/list.ts'), { plain: true });
const printQuadlet = row('Print a Quadlet file', () => import('./quadlet/print.ts'), { plain: true });

const secrets = row('List secrets', () => import('./secret/ls.ts'));
const removeSecrets = row('Remove secrets', () => import('./secret/rm.ts'));

export const commands: Readonly<Record<string, CommandRow>> = {
  run,
  exec,
  ps,
  build,
  pull,
  push,
  images,
  attach,
  'auto-update': row(
    'Make containers anew whose image has changed',
    () => import('./system/auto-update.ts'),
    OTHER,
  ),
  commit,
  completion: row('Print a completion script for a shell', () => import('./system/completion.ts'), {
    ...OTHER,
    plain: true,
  }),
  cp,
  create,
  diff,
  doctor: row('Check this machine and say what is missing', () => import('./system/doctor.ts'), {
    ...OTHER,
    plain: true,
  }),
  events,
  export: exportContainer,
  history,
  import: importImage,
  info,
  init,
  inspect: row(
    'Show all about containers, images, networks and volumes',
    () => import('./inspect.ts'),
    OTHER,
  ),
  kill,
  load,
  login: row('Log in to a registry', () => import('./registry/login.ts'), { ...OTHER, plain: true }),
  logout: row('Log out of a registry', () => import('./registry/logout.ts'), { ...OTHER, plain: true }),
  logs,
  mount,
  pause,
  port,
  rename,
  restart,
  rm,
  rmi,
  save,
  search,
  start,
  stats,
  stop,
  tag,
  top,
  umount: unmount,
  unmount,
  unpause,
  untag,
  update,
  version: row('Show the version', () => import('./system/version.ts'), { ...OTHER, plain: true }),
  wait,

  'artifact add': row('Make an artifact of files', () => import('./artifact/add.ts')),
  'artifact extract': row(
    'Copy the files of an artifact out of the store',
    () => import('./artifact/extract.ts'),
  ),
  'artifact inspect': row('Show all about an artifact', () => import('./artifact/inspect.ts')),
  'artifact list': artifacts,
  'artifact ls': artifacts,
  'artifact pull': row('Download an artifact from a registry', () => import('./artifact/pull.ts')),
  'artifact push': row('Upload an artifact to a registry', () => import('./artifact/push.ts')),
  'artifact remove': removeArtifacts,
  'artifact rm': removeArtifacts,

  'builder build': build,
  'builder du': row('Show what the build cache holds', () => import('./buildx/du.ts')),
  'builder prune': row(
    'Remove what builds keep for the next ones',
    () => import('./buildx/builder-prune.ts'),
  ),

  'buildx b': build,
  'buildx bake': bake,
  'buildx build': build,
  'buildx create': row('Make a builder', () => import('./buildx/create.ts')),
  'buildx du': row('Show what the build cache holds', () => import('./buildx/du.ts')),
  'buildx f': bake,
  'buildx imagetools create': row(
    'Make an image of several, in a registry',
    () => import('./imagetools/create.ts'),
  ),
  'buildx imagetools inspect': row(
    'Show what a registry has under a name',
    () => import('./imagetools/inspect.ts'),
  ),
  'buildx inspect': row('Show what is known of a builder', () => import('./buildx/inspect.ts')),
  'buildx ls': row('List builders and their nodes', () => import('./buildx/ls.ts')),
  'buildx prune': row('Remove what builds keep for the next ones', () => import('./buildx/prune.ts')),
  'buildx rm': row('Remove builders', () => import('./buildx/rm.ts')),
  'buildx stop': row('Stop a builder, which never runs', () => import('./buildx/stop.ts')),
  'buildx use': row('Choose a builder', () => import('./buildx/use.ts')),
  'buildx version': row('Show the version', () => import('./buildx/version.ts'), { plain: true }),

  'checkpoint create': row(
    'Write a running container to disk, under a name',
    () => import('./checkpoint/create.ts'),
  ),
  'checkpoint ls': listCheckpoints,
  'checkpoint list': listCheckpoints,
  'checkpoint rm': removeCheckpoints,
  'checkpoint remove': removeCheckpoints,

  'container attach': attach,
  'container checkpoint': row('Write running containers to disk', () => import('./container/checkpoint.ts')),
  'container cleanup': row('Clean up after containers that ended', () => import('./container/cleanup.ts')),
  'container clone': row('Create a container like another one', () => import('./container/clone.ts')),
  'container commit': commit,
  'container cp': cp,
  'container create': create,
  'container diff': diff,
  'container exec': exec,
  'container exists': row(
    'Say by the exit code whether a container is here',
    () => import('./container/exists.ts'),
  ),
  'container export': exportContainer,
  'container init': init,
  'container inspect': inspectContainer,
  'container kill': kill,
  'container list': ps,
  'container logs': logs,
  'container mount': mount,
  'container ls': ps,
  'container pause': pause,
  'container port': port,
  'container prune': row('Remove all containers that do not run', () => import('./container/prune.ts')),
  'container ps': ps,
  'container rename': rename,
  'container restart': restart,
  'container restore': row(
    'Go on with containers from their checkpoints',
    () => import('./container/restore.ts'),
  ),
  'container rm': rm,
  'container rotate': row(
    'Rotate logs that have reached their max-size',
    () => import('./container/rotate.ts'),
  ),
  'container run': run,
  'container start': start,
  'container stats': stats,
  'container stop': stop,
  'container top': top,
  'container umount': unmount,
  'container unmount': unmount,
  'container unpause': unpause,
  'container update': update,
  'container wait': wait,

  'generate systemd': row('Make a systemd service of a container', () => import('./generate/systemd.ts')),

  'healthcheck run': row("Check a container's health now", () => import('./healthcheck/run.ts')),

  'image build': build,
  'image diff': diff,
  'image exists': row('Say by the exit code whether an image is here', () => import('./image/exists.ts')),
  'image history': history,
  'image import': importImage,
  'image inspect': inspectImage,
  'image list': images,
  'image load': load,
  'image ls': images,
  'image mount': row("Show images' files in folders of this machine", () => import('./image/mount.ts')),
  'image prune': row('Remove images that nothing needs', () => import('./image/prune.ts')),
  'image pull': pull,
  'image push': push,
  'image remove': rmi,
  'image rm': rmi,
  'image save': save,
  'image scp': row('Copy an image between users and machines', () => import('./image/scp.ts'), {
    plain: true,
  }),
  'image search': search,
  'image sign': row('Sign images that are in a registry', () => import('./image/sign.ts')),
  'image tag': tag,
  'image tree': row('Show an image as a tree of its layers', () => import('./image/tree.ts')),
  'image trust set': row(
    'Say whether images of a registry are accepted, and whose signatures they need',
    () => import('./image/trust-set.ts'),
  ),
  'image trust show': row(
    'Show which images are accepted, and whose signatures they need',
    () => import('./image/trust-show.ts'),
  ),
  'image umount': unmountImage,
  'image unmount': unmountImage,
  'image untag': untag,

  'manifest add': row('Add images to a manifest list', () => import('./manifest/add.ts')),
  'manifest annotate': row(
    'Say more about an entry of a manifest list',
    () => import('./manifest/annotate.ts'),
  ),
  'manifest create': row('Create a manifest list', () => import('./manifest/create.ts')),
  'manifest exists': row(
    'Say by the exit code whether a manifest list is here',
    () => import('./manifest/exists.ts'),
  ),
  'manifest inspect': row('Show a manifest or a manifest list', () => import('./manifest/inspect.ts')),
  'manifest push': row('Upload a manifest list with its images', () => import('./manifest/push.ts')),
  'manifest remove': row('Take an entry out of a manifest list', () => import('./manifest/remove.ts')),
  'manifest rm': row('Remove manifest lists', () => import('./manifest/rm.ts')),

  'network connect': row('Connect a container to a network', () => import('./network/connect.ts')),
  'network create': row('Create a network', () => import('./network/create.ts')),
  'network disconnect': row('Take a container out of a network', () => import('./network/disconnect.ts')),
  'network exists': row(
    'Say by the exit code whether a network is here',
    () => import('./network/exists.ts'),
  ),
  'network inspect': row('Show all about networks', () => import('./network/inspect.ts')),
  'network list': networks,
  'network ls': networks,
  'network prune': row('Remove all networks that no container uses', () => import('./network/prune.ts')),
  'network reload': row(
    'Bring back firewall rules and names of running containers',
    () => import('./network/reload.ts'),
  ),
  'network remove': removeNetworks,
  'network rm': removeNetworks,
  'network update': row('Change which name servers a network asks', () => import('./network/update.ts')),

  quadlet: row('Make systemd services of Quadlet files', () => import('./quadlet/generate.ts'), {
    ...OTHER,
    plain: true,
  }),
  'quadlet cat': printQuadlet,
  'quadlet install': row('Install Quadlet files', () => import('./quadlet/install.ts'), { plain: true }),
  'quadlet list': listQuadlets,
  'quadlet ls': listQuadlets,
  'quadlet print': printQuadlet,
  'quadlet rm': row('Remove Quadlet files', () => import('./quadlet/rm.ts'), { plain: true }),

  'secret create': row('Keep a secret for containers', () => import('./secret/create.ts')),
  'secret exists': row('Say by the exit code whether a secret is here', () => import('./secret/exists.ts')),
  'secret inspect': row('Show all about secrets but themselves', () => import('./secret/inspect.ts')),
  'secret list': secrets,
  'secret ls': secrets,
  'secret remove': removeSecrets,
  'secret rm': removeSecrets,

  'system check': row('Find and mend what crashes left', () => import('./system/check.ts')),
  'system events': events,
  'system df': row('Show what images, containers and volumes take', () => import('./system/df.ts')),
  'system info': info,
  'system migrate': row('Take over changes of the machine', () => import('./system/migrate.ts')),
  'system prune': row('Remove what nothing uses', () => import('./system/prune.ts')),
  'system renumber': row('Say that locks have no numbers here', () => import('./system/renumber.ts'), {
    plain: true,
  }),
  'system reset': row('Remove all containers, images and volumes', () => import('./system/reset.ts')),

  'systemd install': row('Let systemd run containers', () => import('./systemd/install.ts'), { plain: true }),

  'volume create': row('Create a volume', () => import('./volume/create.ts')),
  'volume exists': row('Say by the exit code whether a volume is here', () => import('./volume/exists.ts')),
  'volume export': row("Write a volume's files to a tar archive", () => import('./volume/export.ts')),
  'volume import': row('Unpack a tar archive into a volume', () => import('./volume/import.ts')),
  'volume inspect': row('Show all about volumes', () => import('./volume/inspect.ts')),
  'volume list': volumes,
  'volume ls': volumes,
  'volume mount': row('Mount volumes and print where', () => import('./volume/mount.ts')),
  'volume prune': row('Remove all volumes that no container uses', () => import('./volume/prune.ts')),
  'volume reload': row('Take over volumes of plugins', () => import('./volume/reload.ts'), { plain: true }),
  'volume remove': removeVolumes,
  'volume rm': removeVolumes,
  'volume unmount': row('End what volume mount mounted', () => import('./volume/unmount.ts')),

  __complete: row('Answer a completion script', () => import('./system/complete.ts'), {
    hidden: true,
    plain: true,
  }),
};
