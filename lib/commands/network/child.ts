/**
 * `proa __network ROOT RUNROOT OPERATION`, a child of our own in the network namespace of a user's bridges: the argument as
 * JSON on stdin, `{result}` or `{error}` on stdout.
 */
import { readFileSync } from 'node:fs';
import { messageOf, ProaError } from '../../core/error.ts';
import { type OperationName, runOperation } from '../../engine/network/host-network.ts';
import type { ChildAnswer } from '../../engine/network/rootless-network.ts';
import type { Store } from '../../storage/store.ts';
import { print } from '../context.ts';

/** @returns the exit code; a failure of the operation is an answer too */
export async function runNetworkChild(args: readonly string[]): Promise<number> {
  const [root = '', runRoot = '', operation = ''] = args;
  const store: Store = { root, runRoot, tmp: `${root}/tmp`, xattrPrefix: 'user' };
  const argument: unknown = JSON.parse(readFileSync(0, 'utf8'));
  await print(JSON.stringify(await answer(store, operation, argument)));
  return 0;
}

async function answer(store: Store, operation: string, argument: unknown): Promise<ChildAnswer> {
  try {
    return { result: await runOperation(store, operation as OperationName, argument) };
  } catch (error) {
    if (error instanceof ProaError) {
      const { code, message, hint, exitCode } = error;
      return { error: { code, message, hint, exitCode } };
    }
    return { error: { code: 'INTERNAL', message: messageOf(error), exitCode: 125 } };
  }
}
