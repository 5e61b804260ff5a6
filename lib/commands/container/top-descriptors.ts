/** Podman's descriptors of `top`: podman-top(1), "Format Descriptors", with the letters of ps(1)'s AIX ones. */
import { formatGoDuration } from '../../cli/values.ts';
import type { ProcessFacts, ProcessId, ProcessList } from '../../engine/container/process-facts.ts';
import { ALL_CAPABILITIES, capabilitiesOfMask } from '../../oci/model/runtime-spec/capabilities.ts';

interface Descriptor {
  header: string;
  /** `%C` and the like. */
  letter?: string;
  cell(process: ProcessFacts, names: ProcessList['names']): string;
}

type Names = ProcessList['names'];

const userIn = ({ inside }: Names, { inside: id, here }: ProcessId): string =>
  nameOf(inside.passwd, id ?? here);
const groupIn = ({ inside }: Names, { inside: id, here }: ProcessId): string =>
  nameOf(inside.group, id ?? here);
const groupOut = ({ outside }: Names, { outside: id }: ProcessId): string =>
  id === undefined ? '?' : nameOf(outside.group, id);

const DESCRIPTORS: Readonly<Record<string, Descriptor>> = {
  args: { header: 'COMMAND', letter: 'a', cell: commandOf },
  capamb: { header: 'AMBIENT CAPS', cell: ({ capabilities }) => capabilityNames(capabilities.Amb) },
  capbnd: { header: 'BOUNDING CAPS', cell: ({ capabilities }) => capabilityNames(capabilities.Bnd) },
  capeff: { header: 'EFFECTIVE CAPS', cell: ({ capabilities }) => capabilityNames(capabilities.Eff) },
  capinh: { header: 'INHERITED CAPS', cell: ({ capabilities }) => capabilityNames(capabilities.Inh) },
  capprm: { header: 'PERMITTED CAPS', cell: ({ capabilities }) => capabilityNames(capabilities.Prm) },
  comm: { header: 'COMMAND', letter: 'c', cell: ({ name }) => name },
  etime: {
    header: 'ELAPSED',
    letter: 't',
    cell: ({ elapsed }) => formatGoDuration(Math.round(elapsed) * 1e6),
  },
  group: {
    header: 'GROUP',
    letter: 'G',
    cell: ({ userGroup }, names) => groupIn(names, userGroup.effective),
  },
  groups: {
    header: 'GROUPS',
    cell: ({ groups }, names) => groups.map((group) => groupIn(names, group)).join(','),
  },
  hgroup: { header: 'HGROUP', cell: ({ userGroup }, names) => groupOut(names, userGroup.effective) },
  hgroups: {
    header: 'HGROUPS',
    cell: ({ groups }, names) => groups.map((group) => groupOut(names, group)).join(','),
  },
  hpid: { header: 'HPID', cell: ({ hostPid }) => String(hostPid) },
  huser: {
    header: 'HUSER',
    cell: ({ user: { effective } }, { outside }) =>
      effective.outside === undefined ? '?' : nameOf(outside.passwd, effective.outside),
  },
  label: { header: 'LABEL', cell: ({ label }) => label || '?' },
  nice: { header: 'NI', letter: 'n', cell: ({ nice }) => String(nice) },
  pcpu: {
    header: '%CPU',
    letter: 'C',
    cell: ({ cpuTime, elapsed }) => (elapsed > 0 ? (cpuTime / elapsed) * 100 : 0).toFixed(3),
  },
  pgid: { header: 'PGID', letter: 'r', cell: ({ group }) => String(group) },
  pid: { header: 'PID', letter: 'p', cell: ({ pid }) => String(pid) },
  ppid: { header: 'PPID', letter: 'P', cell: ({ parent }) => String(parent) },
  rgroup: { header: 'RGROUP', letter: 'g', cell: ({ userGroup }, names) => groupIn(names, userGroup.real) },
  rss: { header: 'RSS', cell: ({ resident }) => String(resident) },
  ruser: { header: 'RUSER', letter: 'u', cell: ({ user }, names) => userIn(names, user.real) },
  seccomp: { header: 'SECCOMP', cell: ({ seccomp }) => ['disabled', 'strict', 'filter'][seccomp] ?? '?' },
  state: { header: 'STATE', cell: ({ state }) => state },
  stime: { header: 'STIME', cell: ({ startedAt }) => utcTime(startedAt) },
  time: {
    header: 'TIME',
    letter: 'x',
    cell: ({ cpuTime }) => formatGoDuration(Math.floor(cpuTime / 1000) * 1e9),
  },
  tty: { header: 'TTY', letter: 'y', cell: ({ tty }) => tty ?? '?' },
  user: { header: 'USER', letter: 'U', cell: ({ user }, names) => userIn(names, user.effective) },
  vsz: { header: 'VSZ', letter: 'z', cell: ({ virtual }) => String(virtual) },
};

export const DESCRIPTOR_NAMES = Object.keys(DESCRIPTORS);

/**
 * The descriptors that `words` are, with commas or apart.
 * @returns undefined when one of them is none, and so all of them are meant for ps
 */
export function parseDescriptors(words: readonly string[]): string[] | undefined {
  const found = words.flatMap((word) => word.split(',')).map(descriptorName);
  return found.length > 0 && found.every((name) => name !== undefined) ? (found as string[]) : undefined;
}

function descriptorName(word: string): string | undefined {
  const text = word.trim();
  if (Object.hasOwn(DESCRIPTORS, text)) return text;
  if (!/^%.$/.test(text)) return undefined;
  return DESCRIPTOR_NAMES.find((name) => DESCRIPTORS[name]!.letter === text[1]);
}

/** A heading and a row for each process. */
export function descriptorTable({ processes, names }: ProcessList, wanted: readonly string[]): string[][] {
  const columns = wanted.map((name) => DESCRIPTORS[name]!);
  return [
    columns.map(({ header }) => header),
    ...processes.map((process) => columns.map(({ cell }) => cell(process, names))),
  ];
}

/** As ps(1) shows what has no command line. */
export function commandOf({ args, name }: ProcessFacts): string {
  return args.length > 0 ? args.join(' ') : `[${name}]`;
}

/** The name behind an id in passwd(5) or group(5), else the id. */
export function nameOf(text: string, id: number): string {
  return new RegExp(`^([^:#\\n][^:\\n]*):[^:\\n]*:${id}:`, 'm').exec(text)?.[1] ?? String(id);
}

function capabilityNames(mask: string): string {
  const names = [...capabilitiesOfMask(mask || '0')];
  if (names.length === 0) return 'none';
  if (names.length === ALL_CAPABILITIES.length) return 'full';
  return names
    .map((name) => name.slice('CAP_'.length))
    .sort()
    .join(',');
}

/** As Go prints a time: `2026-11-21 12:06:44 +0000 UTC`. */
function utcTime(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, 19).replace('T', ' ')} +0000 UTC`;
}
