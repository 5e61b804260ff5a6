/** What scripts/install places for systemd, on a machine that has Proa alone. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SystemdMachine } from './machine.ts';

const WAIT = 'proa-user-wait-network-online.service';

export async function placeGenerators({ root }: SystemdMachine): Promise<void> {
  for (const kind of ['system', 'user']) {
    const folder = `/usr/local/lib/systemd/${kind}-generators`;
    await root.shOk(`mkdir -p ${folder}; ln -s /usr/local/bin/proa ${folder}/proa-${kind}-generator`);
  }
  const unit = readFileSync(join(__dirname, `../../../scripts/units/${WAIT}`), 'utf8');
  await root.write(`/usr/local/lib/systemd/user/${WAIT}`, unit);
}
