/**
 * Names on networks: aardvark-dns answers them on the gateways' addresses, one process for all networks of a run root,
 * while a container is on any that resolves names. RUNROOT/dns/NETWORK says what it knows of a network (`%int` behind the
 * name: it asks nobody else); it reads them again at SIGHUP. Whoever changes one holds the folder's flock.
 *
 * Line 1: `LISTEN[,LISTEN]`; the others, one a container: `ID V4S V6S NAMES[ SERVERS]`, lists with commas
 * (aardvark-dns, src/config/mod.rs).
 */
import { readFileSync } from 'node:fs';
import { removeFile, writeFile } from '../core/atomic-file.ts';
import { hasCode, ProaError } from '../core/error.ts';
import { giveOwnScope, isInService } from '../core/own-scope.ts';
import { findProgram } from '../core/programs.ts';
import { renameAt2 } from '../core/sys/file.ts';
import { inNetworkNamespace, tryKill } from '../core/sys/process.ts';
import { UdpSocket } from '../core/sys/udp.ts';
import { readIdentity } from '../rootless/identity.ts';
import { answersIn, dnsQuestion } from './dns-query.ts';
import { ensureFolder, lockFolder, readFolder } from './folder.ts';
import { knownIp } from './ip.ts';
import type { Network } from './networks.ts';
import { findPortHolder } from './port-holder.ts';
import { addressesOf, type Endpoint } from './status.ts';

const PID_FILE = 'aardvark.pid';
/** aardvark-dns's mark for networks without a way out. */
const INTERNAL = '%int';
const PORT = 53;
const SIGHUP = 1;
const SIGKILL = 9;
/** How long an answer may take before the server is looked after, and all in all (milliseconds). */
const ANSWER_PATIENCE = 100;
const START_PATIENCE = 5_000;

export interface NamedEndpoint {
  network: Network;
  endpoint: Endpoint;
  /** All that the container is called in this network. */
  names: readonly string[];
  /** Whom the server asks for other names of this container; none: the network's, or the host's. */
  servers: readonly string[];
}

/** The address that containers of a network ask for names; undefined where none are resolved. */
export function resolverOf({ dns, subnets, driver }: Network): string | undefined {
  if (!dns || driver !== 'bridge') return undefined;
  return subnets.find(({ gateway }) => gateway !== undefined)?.gateway;
}

/**
 * Makes a container's names known, and waits until its networks' servers answer them to the container itself.
 * @throws ProaError PROGRAM_MISSING, DNS_FAILED
 */
export function announceNames(
  runRoot: string,
  container: { id: string; netnsPath: string },
  endpoints: readonly NamedEndpoint[],
): void {
  const { id, netnsPath } = container;
  const served = endpoints.filter(({ network }) => resolverOf(network) !== undefined);
  if (served.length === 0) return;
  const folder = dnsFolder(runRoot);
  ensureFolder(folder);
  {
    using _ = lockFolder(folder);
    for (const { network, endpoint, names, servers } of served) {
      const kept = linesOf(folder, network).filter((line) => !line.startsWith(`${id} `));
      write(runRoot, network, [...kept, lineOf(id, network, endpoint, names, servers)]);
    }
    tellServer(runRoot);
  }
  for (const { network, endpoint } of served) awaitAnswer(runRoot, netnsPath, id, network, endpoint);
}

/** Takes a container's names away, of one network or of all; what is not there is fine. */
export function withdrawNames(runRoot: string, id: string, network?: string): void {
  const folder = dnsFolder(runRoot);
  using held = lockFolder(folder);
  if (held === undefined) return;
  let changed = false;
  for (const file of configFiles(folder)) {
    if (network !== undefined && file.replace(INTERNAL, '') !== network) continue;
    const [listen, ...lines] = readLines(`${folder}/${file}`);
    const kept = lines.filter((line) => !line.startsWith(`${id} `));
    if (kept.length === lines.length) continue;
    changed = true;
    if (kept.length === 0) removeFile(`${folder}/${file}`);
    else replace(runRoot, file, [listen!, ...kept]);
  }
  if (changed) tellServer(runRoot);
}

/** Lets a network's containers ask other servers, but those that have servers of their own. */
export function changeServers(runRoot: string, before: Network, after: Network): void {
  const folder = dnsFolder(runRoot);
  using held = lockFolder(folder);
  if (held === undefined) return;
  const lines = linesOf(folder, before);
  if (lines.length === 0) return;
  const old = (before.dnsServers ?? []).join(',');
  const now = (after.dnsServers ?? []).join(',');
  const changed = lines.map((line) => {
    const [id, v4, v6, names, servers = ''] = line.split(' ');
    const kept = [id, v4, v6, names].join(' ');
    return servers === old ? `${kept}${now && ` ${now}`}` : line;
  });
  write(runRoot, after, changed);
  tellServer(runRoot);
}

/** Drops a network that goes, whatever is still noted there. */
export function forgetNames(runRoot: string, network: string): void {
  const folder = dnsFolder(runRoot);
  using held = lockFolder(folder);
  if (held === undefined) return;
  for (const file of [network, `${network}${INTERNAL}`]) removeFile(`${folder}/${file}`);
  tellServer(runRoot);
}

/** Ids of the containers whose names are known. */
export function namedContainers(runRoot: string): Set<string> {
  const folder = dnsFolder(runRoot);
  const lines = configFiles(folder).flatMap((file) => readLines(`${folder}/${file}`).slice(1));
  return new Set(lines.map((line) => line.slice(0, line.indexOf(' '))));
}

/** Whether a server is needed and there is none: somebody killed it. */
export function lacksServer(runRoot: string): boolean {
  return configFiles(dnsFolder(runRoot)).length > 0 && serverPid(runRoot) === undefined;
}

/** Starts the server again if it is needed and gone, and has it read everything anew. */
export function reviveServer(runRoot: string): void {
  using held = lockFolder(dnsFolder(runRoot));
  if (held !== undefined) tellServer(runRoot);
}

/** The servers are in each line, as older versions know none of a whole network. */
function lineOf(
  id: string,
  network: Network,
  endpoint: Endpoint,
  names: readonly string[],
  servers: readonly string[],
): string {
  const all = addressesOf(endpoint);
  const v4 = all.filter((ip) => !ip.includes(':')).join(',');
  const v6 = all.filter((ip) => ip.includes(':')).join(',');
  const asked = servers.length > 0 ? servers : (network.dnsServers ?? []);
  const line = [id, v4, v6, [...new Set(names)].join(',')];
  return [...line, ...(asked.length > 0 ? [asked.join(',')] : [])].join(' ');
}

/** The server as it should be: told to read again, started, or ended when nobody needs it. */
function tellServer(runRoot: string): void {
  const folder = dnsFolder(runRoot);
  const pid = serverPid(runRoot);
  if (configFiles(folder).length === 0) {
    // Left to itself it would end a moment later, while a next container counts on it.
    if (pid !== undefined) tryKill(pid, SIGKILL);
    removeFile(`${folder}/${PID_FILE}`);
  } else if (pid === undefined || tryKill(pid, SIGHUP) < 0) {
    startServer(folder);
  }
}

/** It goes to the background by itself, and writes down its pid before. */
function startServer(folder: string): void {
  const program = findProgram('aardvark-dns');
  removeFile(`${folder}/${PID_FILE}`);
  // A session of its own: neither a Ctrl-C nor the end of a terminal is for it.
  const { exitCode, stderr } = Bun.spawnSync(
    ['setsid', program, '--config', folder, '-p', String(PORT), 'run'],
    { stdin: 'ignore', stdout: 'ignore', stderr: 'pipe', cwd: '/' },
  );
  if (exitCode === 0) {
    if (isInService()) giveServerScope(folder);
    return;
  }
  const words = stderr.toString().trim().split('\n').at(-1);
  throw new ProaError('DNS_FAILED', `start aardvark-dns: ${words || `exit status ${exitCode}`}`);
}

/** It serves the containers of all services. */
function giveServerScope(folder: string): void {
  const pid = Number.parseInt(readFileSync(`${folder}/${PID_FILE}`, 'latin1'), 10);
  giveOwnScope({ pid, name: 'dns', rootless: readIdentity().rootless });
}

/** The pid of our server, if it lives: by its command line, as a pid may be anyone's by now. */
function serverPid(runRoot: string): number | undefined {
  const folder = dnsFolder(runRoot);
  try {
    const pid = Number.parseInt(readFileSync(`${folder}/${PID_FILE}`, 'latin1'), 10);
    const words = readFileSync(`/proc/${pid}/cmdline`, 'latin1').split('\0');
    return words.includes(folder) ? pid : undefined;
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ESRCH')) return undefined;
    throw error;
  }
}

/** Asks from the container for its own short id, which only its new line answers. */
function awaitAnswer(
  runRoot: string,
  netnsPath: string,
  id: string,
  network: Network,
  endpoint: Endpoint,
): void {
  const resolver = resolverOf(network)!;
  const end = performance.now() + START_PATIENCE;
  for (let attempt = 1; performance.now() < end; attempt++) {
    if (answers(netnsPath, resolver, id.slice(0, 12), attempt, endpoint.ip === undefined)) return;
    reviveServer(runRoot);
  }
  const holder = findPortHolder('udp', PORT);
  throw new ProaError(
    'DNS_FAILED',
    `resolve names on network ${network.name}: aardvark-dns does not answer on ${resolver}`,
    {
      hint:
        holder === undefined
          ? 'A firewall may be in its way; proa network create --disable-dns does without'
          : `Process ${holder.command} (pid ${holder.pid}) has port ${PORT}`,
    },
  );
}

function answers(netnsPath: string, resolver: string, name: string, id: number, v6: boolean): boolean {
  const socket = inNetworkNamespace(netnsPath, () => UdpSocket.connect(knownIp(resolver).bytes, PORT));
  if (typeof socket === 'number') return false;
  using open = socket;
  // It reads its files in a moment: the first questions may be too early.
  const end = performance.now() + ANSWER_PATIENCE;
  for (let pause = 1; performance.now() < end; pause *= 2) {
    const answer = open.ask(dnsQuestion(id, name, v6), ANSWER_PATIENCE);
    if (answer !== undefined && (answersIn(answer, id) ?? 0) > 0) return true;
    Bun.sleepSync(pause);
  }
  return false;
}

function linesOf(folder: string, network: Network): string[] {
  return readLines(`${folder}/${fileOf(network)}`).slice(1);
}

function write(runRoot: string, network: Network, lines: readonly string[]): void {
  const listen = network.subnets.map(({ gateway }) => gateway).filter((gateway) => gateway !== undefined);
  replace(runRoot, fileOf(network), [listen.join(','), ...lines]);
}

/** By a rename, from outside of the folder: all that is in there is taken for a network. */
function replace(runRoot: string, file: string, lines: readonly string[]): void {
  const temporary = `${runRoot}/networks/${file.replace(INTERNAL, '')}/names`;
  writeFile(temporary, lines.map((line) => `${line}\n`).join(''), { mode: 0o600 });
  renameAt2(temporary, `${dnsFolder(runRoot)}/${file}`);
}

function readLines(file: string): string[] {
  try {
    return readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line !== '');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return [];
    throw error;
  }
}

function configFiles(folder: string): string[] {
  return readFolder(folder).filter((name) => name !== PID_FILE);
}

function fileOf({ name, internal }: Network): string {
  return internal ? `${name}${INTERNAL}` : name;
}

function dnsFolder(runRoot: string): string {
  return `${runRoot}/dns`;
}
