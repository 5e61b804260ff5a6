/**
 * `image scp`: an image from one store to another, on this machine or by ssh. One engine saves, another loads, and a pipe
 * leads from the one to the other: nothing is stored on the way.
 */
import { messageOf, ProaError } from '../../core/error.ts';
import { close, pipe } from '../../core/sys/file.ts';
import { commandAt, type ScpEnd, type ScpPlace, showPlace } from './scp-place.ts';

export interface ScpRequest {
  source: ScpEnd;
  destination: ScpEnd;
  /** Global options of this proa (--root, …), for what is in its own store. */
  globals: readonly string[];
  /** What the engines say about their progress is not passed on. */
  quiet: boolean;
}

/** What a program says, of which an error repeats the end. */
const SAID_LIMIT = 2000;

/**
 * Copies one image.
 * @returns what the loading engine printed (`Loaded image: NAME`), and its warnings
 * @throws ProaError SCP_FAILED with the end that failed and what it said, PROGRAM_MISSING, NO_SUCH_USER
 */
export async function copyImage({
  source,
  destination,
  globals,
  quiet,
}: ScpRequest): Promise<{ printed: string; warnings: string }> {
  const { read, write } = pipe();
  let saving: Bun.Subprocess<'inherit', number, 'pipe' | 'inherit'>;
  let loading: Bun.Subprocess<number, 'pipe', 'pipe'>;
  try {
    const load = commandAt(destination.place, ['load', '-q'], globals);
    const save = commandAt(source.place, ['save', source.image], globals);
    const [from, to] = [cwdOf(source.place), cwdOf(destination.place)];
    // Of an empty pipe the destination would complain beside the source's own words.
    loading = spawn(() => Bun.spawn(load, { stdin: read, stdout: 'pipe', stderr: 'pipe', cwd: to }));
    const stderr = quiet ? 'pipe' : 'inherit';
    saving = spawn(() => Bun.spawn(save, { stdin: 'inherit', stdout: write, stderr, cwd: from }));
  } finally {
    close(read);
    close(write);
  }
  const [printed, loaded, saved] = await Promise.all([
    new Response(loading.stdout).text(),
    endOf(loading),
    endOf(saving),
  ]);
  // Without a source the destination finds nothing to load: the source's words say why.
  const broken = saved.code === 141 || saving.signalCode === 'SIGPIPE';
  if (saved.code !== 0 && !broken) throw failed(source, 'save', saved);
  if (loaded.code !== 0) throw failed(destination, 'load', loaded);
  if (broken) throw failed(source, 'save', saved);
  if (destination.image !== '') await tag(destination, printed, globals);
  return { printed, warnings: loaded.said };
}

interface End {
  code: number;
  said: string;
}

async function endOf(
  child: Bun.Subprocess<number | 'inherit', number | 'pipe', 'pipe' | 'inherit'>,
): Promise<End> {
  const said = child.stderr instanceof ReadableStream ? new Response(child.stderr).text() : '';
  return { code: await child.exited, said: (await said).trim() };
}

/** A user's folder may be out of another user's reach. */
function cwdOf(place: ScpPlace): string | undefined {
  return place.kind === 'user' ? '/' : undefined;
}

async function tag({ place, image }: ScpEnd, printed: string, globals: readonly string[]): Promise<void> {
  const loaded = /^Loaded image(?:\(s\)| ID)?: ?(\S+)/m.exec(printed)?.[1];
  if (loaded === undefined) {
    throw new ProaError('SCP_FAILED', `copy image: ${showPlace(place)} does not say what it loaded`);
  }
  const command = commandAt(place, ['tag', loaded, image], globals);
  const child = spawn(() =>
    Bun.spawn(command, { stdin: 'ignore', stdout: 'ignore', stderr: 'pipe', cwd: cwdOf(place) }),
  );
  const end = await endOf(child as never);
  if (end.code !== 0) throw failed({ place, image }, 'tag', end);
}

function spawn<T>(start: () => T): T {
  try {
    return start();
  } catch (cause) {
    throw new ProaError('SCP_FAILED', `copy image: start a program: ${messageOf(cause)}`, { cause });
  }
}

function failed({ place, image }: ScpEnd, step: string, { code, said }: End): ProaError {
  const words = said === '' ? '' : `: ${said.slice(-SAID_LIMIT)}`;
  const what = image === '' ? 'image' : `image ${image}`;
  return new ProaError(
    'SCP_FAILED',
    `copy ${what}: ${step} at ${showPlace(place)}: exit code ${code}${words}`,
  );
}
