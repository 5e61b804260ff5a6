/** Dockerfiles named `*.in`, which go through the C preprocessor first (podman-build(1), "--cpp-flag"). */
import { ProaError } from '../../core/error.ts';
import { findProgram } from '../../core/programs.ts';

/** @throws ProaError PROGRAM_MISSING, DOCKERFILE_PREPROCESSING with what cpp says */
export async function preprocessDockerfile(
  { text, name }: { text: string; name: string },
  folder: string,
  flags: readonly string[],
): Promise<string> {
  const cpp = findProgram('cpp');
  const own = (process.env.BUILDAH_CPPFLAGS ?? '').split(' ').filter(Boolean);
  const args = ['-E', '-P', '-iquote', folder, '-traditional', '-undef', ...own, ...flags, '-'];
  const child = Bun.spawn([cpp, ...args], {
    stdin: Buffer.from(text),
    stdout: 'pipe',
    stderr: 'pipe',
    cwd: folder,
  });
  const [out, err, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  if (code === 0) return out;
  throw new ProaError(
    'DOCKERFILE_PREPROCESSING',
    `preprocess ${name}: cpp ended with ${code}: ${err.trim()}`,
  );
}
