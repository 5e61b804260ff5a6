/** A proxy before a registry that behaves badly on purpose, for pulls and pushes. */
import { type IncomingMessage, type ServerResponse, request as send } from 'node:http';
import { serve, type TestServer } from '../../oci/registry/support/servers.ts';

/** What becomes of one request. `cut-*` end the connection; `cut-before` before the registry hears of it. */
export type Fault =
  | { kind: 'cut-before' | 'cut-answer' | 'cut-body' }
  | { kind: 'status'; status: number; headers?: Record<string, string> }
  | { kind: 'delay'; milliseconds: number }
  | { kind: 'headers'; change: (headers: Record<string, string>) => void }
  | { kind: 'redirect'; to: string };

export interface Passed {
  method: string;
  /** With its query. */
  path: string;
  range: string | undefined;
  authorization: string | undefined;
  /** What came of it. */
  fault: Fault['kind'] | undefined;
}

export interface FaultyProxy extends TestServer {
  readonly passed: Passed[];
  /** Decides about each request. */
  fault: (request: Passed) => Fault | undefined;
}

export async function openFaultyProxy(behind: string): Promise<FaultyProxy> {
  const passed: Passed[] = [];
  const state: Pick<FaultyProxy, 'fault'> = { fault: () => undefined };
  const server = await serve(async (request, response) => {
    const { range, authorization } = request.headers;
    const entry: Passed = {
      method: request.method!,
      path: request.url!,
      range,
      authorization,
      fault: undefined,
    };
    passed.push(entry);
    const fault = state.fault(entry);
    entry.fault = fault?.kind;
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    if (fault?.kind === 'cut-before') return void request.socket.destroy();
    if (fault?.kind === 'status') return void response.writeHead(fault.status, fault.headers).end('{}');
    if (fault?.kind === 'redirect') return void response.writeHead(307, { location: fault.to }).end();
    if (fault?.kind === 'delay') await Bun.sleep(fault.milliseconds);
    const answer = await ask(behind, request, Buffer.concat(chunks));
    if (fault?.kind === 'cut-answer') return void request.socket.destroy();
    if (fault?.kind === 'headers') fault.change(answer.headers);
    respond(response, request, answer, fault?.kind === 'cut-body');
  });
  return Object.defineProperty(Object.assign(server, { passed }), 'fault', {
    set: (fault) => {
      state.fault = fault;
    },
  }) as unknown as FaultyProxy;
}

interface Answer {
  status: number;
  headers: Record<string, string>;
  body: Buffer;
}

function ask(behind: string, request: IncomingMessage, body: Buffer): Promise<Answer> {
  const [hostname, port] = behind.split(':');
  return new Promise((resolve, reject) => {
    // With the Host that was asked for, so that the registry's own links lead here.
    const options = { hostname, port, path: request.url, method: request.method, headers: request.headers };
    const forwarded = send(options, async (answer) => {
      const chunks: Buffer[] = [];
      for await (const chunk of answer) chunks.push(chunk as Buffer);
      const headers = { ...answer.headers } as Record<string, string>;
      resolve({ status: answer.statusCode!, headers, body: Buffer.concat(chunks) });
    });
    forwarded.on('error', reject);
    forwarded.end(body);
  });
}

function respond(
  response: ServerResponse,
  request: IncomingMessage,
  { status, headers, body }: Answer,
  cut: boolean,
): void {
  delete headers['transfer-encoding'];
  if (request.method !== 'HEAD') headers['content-length'] = String(body.length);
  response.writeHead(status, headers);
  if (!cut) return void response.end(body);
  // Half of it, and a moment for it to arrive.
  response.write(body.subarray(0, body.length >> 1), () => setTimeout(() => request.socket.destroy(), 20));
}

/** The first `times` requests that fit get the fault. */
export function firstly(times: number, fits: (request: Passed) => boolean, fault: Fault) {
  let left = times;
  return (request: Passed): Fault | undefined => {
    if (left === 0 || !fits(request)) return undefined;
    left--;
    return fault;
  };
}
