/** Docker answers every failure with 1, save those of `run`, `create` and `start`, where 125 tells it from the exit code of the container. */
import { hasCode, OUTPUT_CLOSED, ProaError } from '../core/error.ts';

export async function withExitCode1<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof ProaError) || hasCode(error, OUTPUT_CLOSED)) throw error;
    const { code, message, hint } = error;
    throw new ProaError(code, message, { hint, cause: error, exitCode: 1 });
  }
}
