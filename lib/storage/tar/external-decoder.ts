/** xz and bzip2, which some old images use, by the system's own programs. */
import { ProaError } from '../../core/error.ts';
import { findProgram } from '../../core/programs.ts';
import { badCompression, type Decoder } from './decoder.ts';

/** xz -9 needs 65 MiB; an archive that asks for more is refused rather than served. */
const ARGUMENTS = { xz: ['-dc', '--memlimit-decompress=128MiB'], bzip2: ['-dc'] } as const;

/**
 * Starts the program. It ends with its input, so also when this process dies.
 * @throws ProaError PROGRAM_MISSING, with the package to install
 */
export function openExternalDecoder(kind: 'xz' | 'bzip2'): Decoder {
  const child = Bun.spawn([findProgram(kind), ...ARGUMENTS[kind]], {
    stdin: 'pipe',
    stdout: 'pipe',
    stderr: 'pipe',
  });
  const feed = async (source: Iterable<Uint8Array>): Promise<void> => {
    for (const chunk of source) {
      await Promise.all([child.stdin.write(chunk), child.stdin.flush()]);
    }
    await child.stdin.end();
  };
  return {
    async *decode(source) {
      // A write fails when the program gave up; its own words, below, say more. Other failures are the source's.
      let failure: unknown;
      const fed = feed(source).catch((error) => {
        failure = error;
        child.kill();
      });
      yield* child.stdout;
      const [code, text] = await Promise.all([child.exited, new Response(child.stderr).text(), fed]);
      if (failure instanceof ProaError) throw failure;
      if (code === 0 && failure === undefined) return;
      throw badCompression(kind, text.trim() || `exit code ${code}`, failure);
    },
    [Symbol.dispose]: () => child.kill(),
  };
}
