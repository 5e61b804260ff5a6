/** The programs that Proa runs. */
import { packageOf, tryFindProgram } from '../../../core/programs.ts';
import { crunRefusal } from '../../../oci/runtime/select.ts';
import type { Diagnosis } from '../doctor.ts';

interface Program {
  name: string;
  /** What does not work without it. */
  purpose: string;
  needed: boolean;
}

const ALWAYS: readonly Program[] = [
  { name: 'conmon', purpose: 'it keeps a container’s streams, log and exit code', needed: true },
  { name: 'catatonit', purpose: 'run --init needs it', needed: false },
];
const ROOT: readonly Program[] = [
  { name: 'aardvark-dns', purpose: 'names on networks of one’s own need it', needed: false },
  { name: 'nft', purpose: 'the default network and published ports need it', needed: true },
];
const USER: readonly Program[] = [
  { name: 'unshare', purpose: 'it makes the user namespace', needed: true },
  { name: 'nsenter', purpose: 'it joins the user namespace', needed: true },
  { name: 'ip', purpose: 'it brings up the loopback of a user’s containers', needed: true },
  { name: 'newuidmap', purpose: 'without it all files belong to one id', needed: false },
  { name: 'newgidmap', purpose: 'without it all files belong to one id', needed: false },
];

export function* checkPrograms(asUser: boolean): Iterable<Diagnosis> {
  yield runtime();
  for (const program of [...ALWAYS, ...(asUser ? USER : ROOT)]) yield check(program);
  if (asUser) yield userNetwork(true);
}

/** What users of this machine need, seen by root. */
export function* checkUserPrograms(): Iterable<Diagnosis> {
  for (const program of USER) yield check({ ...program, needed: false });
  yield userNetwork(false);
}

function check({ name, purpose, needed }: Program): Diagnosis {
  const path = tryFindProgram(name);
  if (path !== undefined) return { state: 'ok', what: name, why: path };
  const cure = `sudo apt-get install ${packageOf(name)}`;
  return { state: needed ? 'missing' : 'warning', what: name, why: `not installed: ${purpose}`, cure };
}

function runtime(): Diagnosis {
  const what = 'OCI runtime';
  const [crun, runc] = [tryFindProgram('crun'), tryFindProgram('runc')];
  const refusal = crunRefusal();
  if (crun !== undefined && refusal === undefined) return { state: 'ok', what, why: crun };
  if (refusal === undefined && runc === undefined) {
    return {
      state: 'missing',
      what,
      why: 'neither crun nor runc is installed',
      cure: 'sudo apt-get install crun',
    };
  }
  if (refusal === undefined) {
    const why = `${runc} is used; crun, which is not installed, starts a container in a third of the time`;
    return { state: 'warning', what, why, cure: 'sudo apt-get install crun' };
  }
  const { why, cure } = refusal;
  if (runc !== undefined) return { state: 'ok', what, why: `${runc}, for ${why}` };
  return {
    state: 'missing',
    what,
    why: `${why}, and runc is not installed`,
    cure: `sudo apt-get install runc, or ${cure}`,
  };
}

function userNetwork(needed: boolean): Diagnosis {
  const what = 'user network';
  const pasta = tryFindProgram('pasta');
  if (pasta !== undefined) return { state: 'ok', what, why: pasta };
  const slirp = tryFindProgram('slirp4netns');
  const cure = 'sudo apt-get install passt';
  if (slirp !== undefined) return { state: 'ok', what, why: `${slirp} (pasta would be faster: ${cure})` };
  return {
    state: needed ? 'missing' : 'warning',
    what,
    why: 'neither pasta nor slirp4netns is installed',
    cure,
  };
}
