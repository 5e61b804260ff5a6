/**
 * `npm start`: from a fresh clone to a running container. `npm start -- ARGS…` is `proa ARGS…`.
 * Node 20 and npm are all that must be there.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeBusyboxTar } from './lib/busybox-image.mjs';
import { run, step } from './lib/child.mjs';
import { BINARY, build, installNpmPackages } from './lib/repository.mjs';
import { main, say } from './lib/say.mjs';
import { installMissing, needsOfRun } from './lib/system-packages.mjs';

const IMAGE = 'proa-hello';

/** What the container says about itself. */
const GREETING = `
echo "Hello from container $(hostname): $(ls /bin | wc -l) programs in an image of $(du -sh /bin | cut -f1)."
echo "In here I am $(id -un), process $$, at $(hostname -i), on Linux $(uname -r)."
`;

await main(async (args) => {
  await installMissing(needsOfRun());
  await installNpmPackages();
  await build();
  if (args.length > 0) return await run(BINARY, args);

  if (!hasImage()) await makeImage();
  say(`$ dist/proa run --rm ${IMAGE} sh -c '…'\n`);
  const code = await run(BINARY, ['run', '--rm', IMAGE, 'sh', '-c', GREETING]);
  if (code !== 0) return code;
  say(`
Try next:
  dist/proa run -it --rm ${IMAGE} sh
      a shell in a container of its own
  dist/proa run -d --name web -p 8080:80 ${IMAGE} httpd -f -h /etc
      a server in the background: curl 127.0.0.1:8080/passwd, then dist/proa rm -f web
  sudo scripts/install
      proa in PATH for everyone, with completions and a man page`);
  return 0;
});

function hasImage() {
  return spawnSync(BINARY, ['image', 'inspect', IMAGE], { stdio: 'ignore' }).status === 0;
}

async function makeImage() {
  say(`Making the image ${IMAGE} from this machine's busybox`);
  const folder = mkdtempSync(join(tmpdir(), 'proa-hello-'));
  try {
    writeBusyboxTar(join(folder, 'rootfs.tar'));
    await step(BINARY, ['import', join(folder, 'rootfs.tar'), IMAGE]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
