/** The folder in which a container's process begins. */
import { ProaError } from '../../core/error.ts';
import { makeFolderInRoot, pathInRoot } from '../../core/rooted.ts';
import type { ContainerConfig } from '../../storage/containers.ts';
import type { UserNamespaceOfStart } from './user-namespace.ts';

/**
 * Makes the folder where the image has none: as Docker, and as the runtimes differ in it. In a read-only root there is
 * nothing to make.
 * @throws ProaError INVALID_WORKDIR
 */
export function makeWorkingFolder(
  { workingDir, readonlyRootfs }: ContainerConfig,
  root: string,
  owners: UserNamespaceOfStart | undefined,
): void {
  if (!readonlyRootfs) {
    makeFolderInRoot(root, workingDir);
    owners?.giveFolder(root, workingDir);
  }
  checkWorkingFolder(workingDir, root);
}

/**
 * Refuses a working folder that leads through the open files of a process, as that may be a runtime's, which has folders of
 * the host open (CVE-2024-21626). Links that lead there are looked through in the image's own files.
 * @throws ProaError INVALID_WORKDIR
 */
export function checkWorkingFolder(folder: string, root?: string): void {
  const place = root === undefined ? folder : (pathInRoot(root, folder) ?? folder);
  if (!/^\/+proc\/+(self|thread-self|\d+)\/+(task\/+\d+\/+)?(fd|cwd|root|map_files)(\/|$)/.test(place))
    return;
  throw new ProaError(
    'INVALID_WORKDIR',
    `use working directory ${folder}: it leads through the open files of a process`,
  );
}
