/** A Docker daemon on this machine, by its Engine API (https://docs.docker.com/reference/api/engine/). */
import { messageOf, ProaError } from '../../core/error.ts';

const SOCKET = '/var/run/docker.sock';

/** The socket that DOCKER_HOST names, as docker itself takes it. Throws ProaError DOCKER_UNREACHABLE for a network's. */
function daemonSocket(): string {
  const host = process.env.DOCKER_HOST;
  if (host === undefined || host === '') return SOCKET;
  if (host.startsWith('unix://')) return host.slice('unix://'.length);
  throw new ProaError('DOCKER_UNREACHABLE', `ask docker: DOCKER_HOST is ${host}: only unix:// is spoken`, {
    hint: 'docker save IMAGE | proa load',
  });
}

/** The archive that `docker save` prints. Throws ProaError DOCKER_UNREACHABLE, DOCKER_FAILED. */
export async function saveFromDaemon(name: string): Promise<AsyncIterable<Uint8Array>> {
  const answer = await askDocker(`/images/${encodeURIComponent(name)}/get`, {});
  return answer.body as AsyncIterable<Uint8Array>;
}

/** The same the other way. */
export async function loadIntoDaemon(archive: AsyncIterable<Uint8Array>): Promise<void> {
  // Bun streams what can be iterated over; the type knows only the web's own streams.
  const body = archive as unknown as RequestInit['body'];
  const answer = await askDocker('/images/load', {
    method: 'POST',
    headers: { 'content-type': 'application/x-tar' },
    body,
  });
  const said = await answer.text();
  const error = /"error":"([^"]*)"/.exec(said)?.[1];
  if (error !== undefined) throw new ProaError('DOCKER_FAILED', `load into docker: ${error}`);
}

async function askDocker(path: string, init: RequestInit): Promise<Response> {
  const socket = daemonSocket();
  let answer: Response;
  try {
    answer = await fetch(`http://docker${path}`, { ...init, unix: socket } as RequestInit);
  } catch (cause) {
    throw new ProaError('DOCKER_UNREACHABLE', `ask docker: ${socket}: ${messageOf(cause)}`, {
      hint: 'Is the Docker daemon running, and may you use its socket?',
      cause,
    });
  }
  if (answer.ok) return answer;
  const { message } = (await answer.json().catch(() => ({}))) as { message?: string };
  throw new ProaError(
    'DOCKER_FAILED',
    `ask docker for ${path}: ${message ?? `it answered ${answer.status}`}`,
  );
}
