/** Runs a script with the repository's own Bun: `node scripts/bun.mjs SCRIPT ARGS…` */
import { run } from './lib/child.mjs';
import { bunPath, installNpmPackages } from './lib/repository.mjs';
import { main } from './lib/say.mjs';

await main(async (args) => {
  await installNpmPackages();
  return await run(bunPath(), args);
});
