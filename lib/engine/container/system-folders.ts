/** Folders whose owners are the system's and not to be changed for a container; Podman refuses them too. */
const SYSTEM =
  /^\/(bin|boot|dev|etc|home|lib|lib64|media|opt|proc|root|run|sbin|srv|sys|tmp|usr|var|usr\/.*)?$/;

/** @param path without links on the way */
export function isSystemFolder(path: string): boolean {
  return SYSTEM.test(path);
}
