/**
 * /etc/passwd and /etc/group of a container that is to know more users than its image does: `--passwd`,
 * `--passwd-entry`, `--group-entry`, `--hostuser`. The image's own files stay as they are; these are shown over them.
 */
import { existsSync, readFileSync } from 'node:fs';
import { writeFile } from '../../core/atomic-file.ts';
import { openInRoot, readInRoot } from '../../core/rooted.ts';
import { O } from '../../core/sys/file.ts';
import type { ContainerUser, UserDatabases } from '../../oci/model/runtime-spec/user.ts';
import type { Identity } from '../../rootless/identity.ts';
import type { ContainerConfig } from '../../storage/containers.ts';
import { containerUser } from './container-user.ts';

type Config = Pick<
  ContainerConfig,
  'user' | 'passwd' | 'passwdEntry' | 'groupEntry' | 'hostUsers' | 'groupAdd' | 'idMaps' | 'workingDir'
>;

function hasOwnFiles({ passwd, passwdEntry, groupEntry, hostUsers }: Config): boolean {
  return (
    passwd === true || passwdEntry !== undefined || groupEntry !== undefined || (hostUsers?.length ?? 0) > 0
  );
}

/**
 * Writes the files into `folder`.
 * @returns their paths by their names, for the mounts in /etc; none when the image's serve
 */
export function makeIdentityFiles(
  identity: Identity,
  config: Config,
  root: string,
  folder: string,
): Record<string, string> {
  if (!hasOwnFiles(config)) return {};
  const image = {
    passwd: readInRoot(root, '/etc/passwd') ?? '',
    group: readInRoot(root, '/etc/group') ?? '',
  };
  const passwd = lines(image.passwd);
  const group = lines(image.group);
  for (const line of config.hostUsers ?? []) addHostUser(passwd, group, line, root);
  const user = containerUser(identity, config, { passwd: passwd.join('\n'), group: group.join('\n') });
  addUser(passwd, group, user, config);
  const files = { passwd: `${folder}/passwd`, group: `${folder}/group` };
  writeFile(files.passwd, `${passwd.join('\n')}\n`);
  writeFile(files.group, `${group.join('\n')}\n`);
  return files;
}

/** The texts that name the users of a container: those shown to it, else its image's. */
export function userDatabases(config: Config, root: string, folder: string): UserDatabases {
  const own = hasOwnFiles(config);
  const read = (name: string): string | undefined =>
    own && existsSync(`${folder}/${name}`)
      ? readFileSync(`${folder}/${name}`, 'utf8')
      : readInRoot(root, `/etc/${name}`);
  return { passwd: read('passwd'), group: read('group') };
}

function lines(text: string): string[] {
  return text.split('\n').filter((line) => line.trim() !== '');
}

/** A line of the host's passwd(5); its home and shell are the container's when it has them. */
function addHostUser(passwd: string[], group: string[], line: string, root: string): void {
  const [name = '', , uid = '', gid = '', words = '', home = '/'] = line.split(':');
  if (passwd.some((entry) => entry.split(':')[0] === name || entry.split(':')[2] === uid)) return;
  using found = openInRoot(root, home, O.PATH | O.DIRECTORY);
  passwd.push([name, '*', uid, gid, words, found === undefined ? '/' : home, '/bin/sh'].join(':'));
  if (!group.some((entry) => entry.split(':')[2] === gid)) group.push(`${name}:x:${gid}:`);
}

function addUser(passwd: string[], group: string[], user: ContainerUser, config: Config): void {
  const name = user.name ?? String(user.uid);
  const home = user.name === undefined && config.idMaps !== undefined ? config.workingDir : user.home;
  const variables: Record<string, string> = {
    USERNAME: name,
    UID: String(user.uid),
    GID: String(user.gid),
    NAME: 'container user',
    HOME: home,
  };
  // The working folder is the image's to choose: it must not write a line of its own (CVE-2022-4318).
  if (/[:\n]/.test(home)) variables.HOME = '/';
  const fill = (template: string): string =>
    template.replace(/\$([A-Z]+)/g, (text, variable: string) => variables[variable] ?? text);
  const has = (file: string[], id: number): boolean => file.some((line) => line.split(':')[2] === String(id));
  if (!has(passwd, user.uid)) {
    passwd.push(fill(config.passwdEntry ?? '$USERNAME:*:$UID:$GID:$NAME:$HOME:/bin/sh'));
  }
  if (!has(group, user.gid)) group.push(fill(config.groupEntry ?? '$GID:x:$GID:$USERNAME'));
}
