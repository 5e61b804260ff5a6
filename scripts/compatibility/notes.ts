/**
 * What the command tables cannot say: why something of Docker's or Podman's is not there, or is there and differs. A
 * `why` beginning with `yet: ` is for what is meant to come. A reason for what meanwhile is there is passed over (and
 * named by `npm run docs`), so that whoever adds an option does not have to look here.
 */

export interface Note {
  /** One of the two only; without it, both. */
  peer?: 'docker' | 'podman';
  /** Names as the peer has them; `*` at the end stands for anything. */
  commands: readonly string[];
  /** Long names, or `*`; without them, the whole command. */
  options?: readonly string[];
  /** `differs` speaks of what is there, `not` (the default) of what is not. */
  verdict?: 'not' | 'differs';
  why: string;
}

const RUN_AND_CREATE = ['run', 'create', 'container run', 'container create'];

/** Of several notes that fit, the first counts. */
export const NOTES: readonly Note[] = [
  // Never
  {
    commands: ['machine *'],
    why: 'Proa runs where containers run, on Linux itself; a virtual machine is not its own',
  },
  {
    commands: ['context *'],
    why: 'there is no daemon to choose: each user has a store, and --root and --runroot name another',
  },
  { commands: ['system connection *'], why: 'there is no remote service to connect to' },
  { commands: ['trust *'], why: "Docker's content trust (Notary v1) is retired, and its servers with it" },
  { commands: ['plugin *'], why: "plugins are the daemon's, and there is none" },
  {
    peer: 'docker',
    commands: ['completion *'],
    options: ['no-descriptions'],
    why: 'each shell shows the descriptions or leaves them out as it always does',
  },
  {
    commands: ['*'],
    options: ['cpu-count', 'cpu-percent', 'io-maxbandwidth', 'io-maxiops', 'isolation', 'credential-spec'],
    why: 'for Windows only',
  },
  {
    peer: 'docker',
    commands: [''],
    options: ['config', 'context', 'host', 'tls', 'tlscacert', 'tlscert', 'tlskey', 'tlsverify'],
    why: 'there is no daemon to talk to; DOCKER_CONFIG names the folder of config.json',
  },
  {
    peer: 'podman',
    commands: [''],
    options: ['connection', 'identity', 'remote', 'ssh', 'url'],
    why: 'there is no remote service to talk to',
  },
  {
    peer: 'podman',
    commands: [''],
    options: ['storage-driver', 'storage-opt', 'tmpdir', 'namespace'],
    why: 'there is one way to store, all of it below --root and --runroot',
  },
  {
    peer: 'podman',
    commands: [''],
    options: ['volumepath'],
    why: 'volumes are kept in --root, beside the containers',
  },
  { peer: 'podman', commands: [''], options: ['network-config-dir'], why: 'networks are kept in --root' },
  {
    peer: 'podman',
    commands: [''],
    options: ['noout', 'syslog'],
    why: 'the shell does that: >/dev/null, | logger',
  },
  {
    peer: 'podman',
    commands: [''],
    options: ['conmon', 'events-backend', 'hooks-dir', 'network-cmd-path', 'runtime-flag'],
    why: 'yet: configuration',
  },

  {
    peer: 'docker',
    commands: ['version'],
    options: ['kubeconfig'],
    why: 'Docker itself has no Kubernetes any more, and the option does nothing there',
  },
  {
    peer: 'docker',
    commands: ['volume create', 'volume ls', 'volume update'],
    options: [
      'availability',
      'cluster',
      'group',
      'limit-bytes',
      'required-bytes',
      'scope',
      'secret',
      'sharing',
      'topology-preferred',
      'topology-required',
      'type',
    ],
    why: 'for volumes of a swarm, which drivers make that are plugins of the daemon',
  },
  {
    peer: 'docker',
    commands: ['volume update'],
    why: 'for volumes of a swarm, which drivers make that are plugins of the daemon',
  },
  {
    peer: 'podman',
    commands: ['volume rm', 'volume remove'],
    options: ['time'],
    why: 'a volume that a container uses stays, whatever is forced, as with Docker: no container is stopped for it',
  },
  {
    peer: 'docker',
    commands: ['secret create'],
    options: ['template-driver'],
    why: "of a swarm's services",
  },

  // There, and not the same
  {
    commands: ['push', 'image push', 'manifest push'],
    options: ['remove-signatures'],
    verdict: 'differs',
    why: 'images here carry no signatures; beside --sign-by it puts the new one in the place of those at the destination',
  },
  {
    commands: ['network create'],
    options: ['config-from', 'config-only', 'ingress'],
    verdict: 'differs',
    why: 'refused: they belong to swarm mode',
  },
  {
    commands: ['network create'],
    options: ['ipam-opt'],
    verdict: 'differs',
    why: 'refused: the address driver has no options',
  },
  {
    commands: ['network connect'],
    options: ['driver-opt', 'gw-priority', 'link', 'link-local-ip'],
    verdict: 'differs',
    why: 'refused: the default route is by the network that was connected first, names need no links',
  },
  {
    peer: 'podman',
    commands: ['network rm', 'network remove'],
    options: ['force'],
    verdict: 'differs',
    why: 'means, as Docker’s, that missing networks are fine; with --time it removes the containers too',
  },
  {
    commands: RUN_AND_CREATE,
    options: ['volume-driver'],
    verdict: 'differs',
    why: 'takes local and image: there are no plugins',
  },
  {
    peer: 'docker',
    commands: ['manifest create'],
    verdict: 'differs',
    why: 'an image that only this store has is taken from here, and of an image that is a list the one for this machine',
  },
  {
    peer: 'podman',
    commands: ['manifest create', 'manifest push', 'manifest rm', 'manifest annotate'],
    verdict: 'differs',
    why: 'prints and exits as Docker does, but for lines that only Podman takes: those print the id',
  },
  {
    peer: 'podman',
    commands: RUN_AND_CREATE,
    options: ['volume'],
    verdict: 'differs',
    why: 'a host folder that is not there is made, as Docker does; --mount refuses it',
  },
  {
    peer: 'podman',
    commands: RUN_AND_CREATE,
    options: ['tmpfs'],
    verdict: 'differs',
    why: 'begins empty, as Docker’s; with the option tmpcopyup it begins with what the image has there',
  },
  {
    peer: 'docker',
    commands: ['secret *'],
    verdict: 'differs',
    why: 'secrets are those of Podman: kept on this machine, for its containers, without a swarm',
  },
  {
    peer: 'podman',
    commands: RUN_AND_CREATE,
    options: ['secret'],
    verdict: 'differs',
    why: 'files are read-only; what a driver encrypts is looked up at each start and never copied to the disk',
  },
  {
    peer: 'podman',
    commands: ['volume create'],
    verdict: 'differs',
    why: 'one of that name is left as it is, as with Docker',
  },
  {
    peer: 'podman',
    commands: ['volume reload'],
    verdict: 'differs',
    why: 'there are no plugins whose volumes could be taken over',
  },

  {
    commands: RUN_AND_CREATE,
    options: ['link-local-ip'],
    verdict: 'differs',
    why: 'refused: an interface has the addresses that its network leases',
  },
  {
    peer: 'podman',
    commands: ['rmi', 'image rm'],
    options: ['force'],
    verdict: 'differs',
    why: 'as Docker’s: containers of the image stay, and keep its layers',
  },
  {
    commands: ['system df'],
    verdict: 'differs',
    why: 'sizes are those of the disk, as du has them, with records and logs; Docker and Podman add up the lengths of files',
  },
  {
    peer: 'podman',
    commands: ['image prune'],
    options: ['external'],
    verdict: 'differs',
    why: 'taken; no other program keeps containers in Proa’s storage',
  },

  {
    commands: ['build', 'image build', 'builder build', 'buildx build'],
    options: ['isolation'],
    verdict: 'differs',
    why: 'RUN always has a container; chroot, and what is for Windows, is refused',
  },
  {
    peer: 'podman',
    commands: ['build', 'image build'],
    options: ['output'],
    verdict: 'differs',
    why: "as docker's: files that go elsewhere make no image, unless --load asks for it",
  },
  {
    peer: 'podman',
    commands: ['build', 'image build'],
    options: ['layer-label', 'identity-label', 'created-annotation', 'logsplit'],
    verdict: 'differs',
    why: 'taken, and nothing follows from it: a build makes no intermediate images, and no labels or annotations of its own',
  },
  {
    peer: 'podman',
    commands: ['build', 'image build'],
    options: ['quiet'],
    verdict: 'differs',
    why: "as docker's: the id has its sha256: in front, and without -q nothing goes to stdout",
  },

  // To come
  {
    commands: ['push', 'image push', 'login', 'logout', 'search', 'image search'],
    why: 'yet: registries',
  },
  { commands: ['pod *'], why: 'yet: pods' },
  {
    commands: ['swarm *', 'service *', 'stack *', 'node *', 'config *'],
    why: 'yet: swarm',
  },
  {
    commands: ['generate systemd'],
    options: ['pod-prefix'],
    why: 'yet: with pods',
  },
  { commands: ['generate *', 'kube *'], why: 'yet: Kubernetes' },
  { commands: ['container runlabel'], why: 'yet: Kubernetes' },
  { commands: ['system service'], why: 'yet: the Docker API' },
  { commands: ['unshare', 'system *'], why: 'yet: system' },
  { commands: ['container checkpoint', 'container restore'], why: 'yet: checkpoints' },
  { commands: ['*'], options: ['pod', 'pod-id-file', 'infra-*'], why: 'yet: pods' },
];
