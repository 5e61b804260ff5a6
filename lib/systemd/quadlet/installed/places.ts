/** The Quadlet files that commands work on: those in the folders of whoever calls. */
import { ServiceManager } from '../../manager.ts';
import { type Audience, type SearchFolders, searchFolders } from '../folders.ts';

export interface Places extends SearchFolders {
  user: boolean;
  manager: ServiceManager;
}

/** Root's are the system's. */
export function openPlaces(environment: Audience['environment'] = process.env): Places {
  const uid = process.geteuid!();
  const user = uid !== 0;
  const folders = searchFolders({ uid: user ? uid : undefined, environment });
  // Quadlet files of a test or trial are put where they are looked for.
  const given = environment.QUADLET_UNIT_DIRS?.split(':').find((folder) => folder.startsWith('/'));
  return { ...folders, target: given ?? folders.target, user, manager: new ServiceManager(user) };
}
