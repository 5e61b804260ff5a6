/** Docker answers every failure of a command about images with 1; 125 is for commands that run containers. */
import { hasCode, OUTPUT_CLOSED, ProaError } from '../../core/error.ts';

export async function withExitCode1<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof ProaError) || hasCode(error, OUTPUT_CLOSED)) throw error;
    const { code, message, hint } = error;
    throw new ProaError(code, message, { hint, cause: error, exitCode: 1 });
  }
}
