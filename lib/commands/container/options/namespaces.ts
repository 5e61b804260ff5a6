/** What the container shares with the host or other containers, and the kernel settings of what it does not share. */
import type { Options, OptionTable } from '../../../cli/command.ts';
import type { CreateRequest } from '../../../engine/container/create.ts';
import { checkNamespaceMode } from '../../../engine/container/namespaces.ts';
import { parseSysctls } from '../../../oci/model/runtime-spec/sysctls.ts';
import type { ContainerOptions, NamespaceKind } from '../../../storage/containers.ts';

export const namespaceOptions = {
  cgroupns: {
    type: 'string',
    metavar: 'MODE',
    summary: 'Cgroup namespace: private, host, container:NAME, ns:PATH',
  },
  domainname: { type: 'string', metavar: 'NAME', summary: "Container's NIS domain name" },
  gidmap: { type: 'list', metavar: 'INSIDE:HOST:SIZE', summary: 'Group ids of a user namespace of its own' },
  hostname: { short: 'h', type: 'string', metavar: 'NAME', summary: "Container's host name" },
  ipc: {
    type: 'string',
    metavar: 'MODE',
    summary: 'IPC namespace and /dev/shm: private, shareable, none, host, container:NAME, ns:PATH',
  },
  pid: { type: 'string', metavar: 'MODE', summary: 'PID namespace: private, host, container:NAME, ns:PATH' },
  subgidname: {
    type: 'string',
    metavar: 'NAME',
    summary: "User namespace with this name's ranges of /etc/subgid",
  },
  subuidname: {
    type: 'string',
    metavar: 'NAME',
    summary: "User namespace with this name's ranges of /etc/subuid",
  },
  sysctl: {
    type: 'list',
    metavar: 'NAME=VALUE',
    summary: 'Kernel settings of the container (net.*, kernel.shm*, …)',
  },
  uidmap: { type: 'list', metavar: 'INSIDE:HOST:SIZE', summary: 'User ids of a user namespace of its own' },
  userns: {
    type: 'string',
    metavar: 'MODE',
    summary: 'User namespace: host, keep-id, auto, nomap, private, container:NAME, ns:PATH',
  },
  uts: { type: 'string', metavar: 'MODE', summary: 'Host name: private, host, container:NAME, ns:PATH' },
} as const satisfies OptionTable;

type NamespaceOptions = Options<typeof namespaceOptions>;

/** @throws ProaError INVALID_OPTION, INVALID_SYSCTL */
export function readNamespaces(options: NamespaceOptions): ContainerOptions {
  const { pid, ipc, uts, cgroupns: cgroup } = options;
  const modes = Object.entries({ pid, ipc, uts, cgroup }).filter(
    (entry): entry is [NamespaceKind, string] => entry[1] !== undefined && entry[1] !== '',
  );
  for (const [kind, mode] of modes) checkNamespaceMode(kind, mode);
  return {
    namespaces: modes.length > 0 ? Object.fromEntries(modes) : undefined,
    domainname: options.domainname || undefined,
    sysctls: options.sysctl.length > 0 ? parseSysctls(options.sysctl) : undefined,
  };
}

/** The user namespace that was asked for, if one was. */
export function readUserNamespace(options: NamespaceOptions): CreateRequest['userNamespace'] {
  const { userns, uidmap, gidmap, subuidname, subgidname } = options;
  if (userns) checkNamespaceMode('user', userns);
  if (!userns && uidmap.length + gidmap.length === 0 && !subuidname && !subgidname) return undefined;
  return { mode: userns || undefined, uidMaps: uidmap, gidMaps: gidmap, subuidname, subgidname };
}
