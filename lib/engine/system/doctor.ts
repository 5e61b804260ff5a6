/** `doctor`: what this machine has and lacks for Proa, and the command that mends each lack. Changes nothing. */
import type { Identity } from '../../rootless/identity.ts';
import { checkHost } from './doctor/host.ts';
import { checkOverlay } from './doctor/overlay-trial.ts';
import { checkPrograms } from './doctor/programs.ts';
import { checkRoot, checkStorage } from './doctor/storage.ts';
import { checkUser, checkUsersOfThisMachine } from './doctor/users.ts';

export interface Diagnosis {
  /** `missing`: containers do not run without it. `warning`: something will be lacking. */
  state: 'ok' | 'warning' | 'missing';
  what: string;
  why: string;
  /** What to type. */
  cure?: string;
}

export interface DoctorOptions {
  identity: Identity;
  /** Where images and containers are, or would be. */
  root: string;
}

export function* diagnose({ identity, root }: DoctorOptions): Iterable<Diagnosis> {
  const asUser = identity.rootless;
  yield* checkHost(identity);
  yield* checkPrograms(asUser);
  yield* checkStorage(root);
  if (asUser) yield* checkUser(identity);
  else yield* checkRoot();
  yield* checkOverlay(root, asUser);
  if (!asUser) yield* checkUsersOfThisMachine();
}
