/** What `run` and `create` may ask of a container besides the usual; absent members are the defaults. */
import type { SelinuxLabels } from '../oci/model/runtime-spec/selinux.ts';
import type { IdMapping } from '../oci/model/runtime-spec/types.ts';

/**
 * A namespace that is not a new one of the container's own: `host`, `container:ID` (the full id), `ns:PATH`; for IPC also
 * `shareable` (own, and others may join it), `none` (own, without /dev/shm) and `private`.
 */
export type NamespaceMode = string;

export type NamespaceKind = 'pid' | 'ipc' | 'uts' | 'cgroup' | 'user';

/** A device of the host, or a folder of them, and where the container sees it. */
export interface DeviceRequest {
  host: string;
  container: string;
  /** Some of `rwm`. */
  access: string;
}

export interface IdMaps {
  uids: IdMapping[];
  gids: IdMapping[];
}

/** What a container is shown of a secret, of which its record never holds anything itself. */
export type ContainerSecret = { id: string; name: string } & (
  | {
      type: 'mount';
      /** Absolute path in the container. */
      target: string;
      /** As the container counts them. */
      uid: number;
      gid: number;
      mode: number;
      /** The secret as it was at creation is in the container's folder, `secrets/N`; else it is asked for at each start. */
      kept: boolean;
    }
  | { type: 'env'; variable: string }
);

export interface ContainerOptions {
  // Namespaces
  namespaces?: Partial<Record<NamespaceKind, NamespaceMode>>;
  /** For a user namespace of its own. `hostID` counts in the engine's user namespace. */
  idMaps?: IdMaps;
  /** `--userns` as given, for inspect. */
  usernsMode?: string;
  domainname?: string;
  sysctls?: Record<string, string>;
  /** Bytes of /dev/shm. */
  shmSize?: number;

  // Devices
  devices?: DeviceRequest[];
  /** Devices by their names in device specifications: `vendor.com/class=name`. */
  cdiDevices?: string[];
  /** As given: `c 10:200 rwm`. */
  deviceCgroupRules?: string[];

  // Who its process is
  groupAdd?: string[];
  /** `--passwd-entry`, with its variables still in it. */
  passwdEntry?: string;
  groupEntry?: string;
  /** Lines of passwd(5) for users of the host. */
  hostUsers?: string[];
  /** The container's user is added to /etc/passwd and /etc/group where they lack it. */
  passwd?: boolean;
  /** Four octal digits. */
  umask?: string;

  // Its environment
  /** Variables that it is not given, though every container has them; `all` but HOME and HOSTNAME. */
  unsetEnv?: string[] | 'all';
  /** A name below /usr/share/zoneinfo, or `local`. */
  timezone?: string;
  /** Folders in it where the files of /etc are shown too. */
  chrootDirs?: string[];
  /** With a read-only root: tmpfs on /run, /tmp and /var/tmp. */
  readonlyTmpfs?: boolean;

  secrets?: ContainerSecret[];

  // Its process
  oomScoreAdj?: number;
  /** A domain of personality(2), such as LINUX32. */
  personality?: string;
  annotations?: Record<string, string>;
  /** The text of a profile that the image brings along. */
  seccompProfile?: string;
  /** Path of the init program on the host; with `init`. */
  initPath?: string;
  /** Its first process is systemd, which wants certain mounts. */
  systemd?: boolean;

  /** Where SELinux was on when it was made: its files have these labels. */
  selinux?: SelinuxLabels;

  // Its cgroup
  cgroupParent?: string;
  cgroupMode?: 'disabled' | 'no-conmon' | 'split';
  /** A class of the processor's cache (resctrl). */
  rdtClass?: string;

  // Its start and end
  /** Ids of containers that are started before it. */
  requires?: string[];
  /** Seconds after which it is killed. */
  timeout?: number;
  pidFile?: string;
  conmonPidFile?: string;
  sdNotify?: 'container' | 'conmon' | 'healthy' | 'ignore';
  /** The streams that `run` and `create` were told to attach. */
  attach?: ('stdin' | 'stdout' | 'stderr')[];
  cidFile?: string;
}
