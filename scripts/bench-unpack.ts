/**
 * Times unpacking of layers, all at once as a pull does:
 *
 *   bun scripts/bench-unpack.ts [--into DIR] [--rounds N] [--command "WORDS"] LAYER.tar.gz...
 *
 * Every round has fresh folders, and the old ones stay: ext4 does not reuse inodes within five minutes of their
 * deletion and crawls past them, which would be measured instead. Remove DIR afterwards, not in between.
 */
import { closeSync, mkdirSync, mkdtempSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { setTopdirFlag } from '../lib/core/sys/file.ts';
import { openUnpacker } from '../lib/storage/tar/unpack.ts';
import type { UnpackResult } from '../lib/storage/tar/unpack-protocol.ts';

const { values, positionals: layers } = parseArgs({
  options: {
    into: { type: 'string' },
    rounds: { type: 'string', default: '1' },
    command: { type: 'string' },
  },
  allowPositionals: true,
});
if (layers.length === 0) throw new Error('usage: bench-unpack [--into DIR] [--rounds N] LAYER.tar.gz...');
const base = values.into ?? mkdtempSync(join(tmpdir(), 'bench-unpack-'));
mkdirSync(base, { recursive: true });
setTopdirFlag(base);

/** Feeds one layer in pieces of about the size that a socket delivers. */
async function unpack(layer: string, folder: string): Promise<UnpackResult> {
  mkdirSync(`${folder}/diff`, { recursive: true });
  await using unpacker = openUnpacker({
    target: `${folder}/diff`,
    recipe: `${folder}/recipe`,
    xattrPrefix: process.geteuid!() === 0 ? 'trusted' : 'user',
    ignoreOwner: process.geteuid!() !== 0,
    ...(values.command === undefined ? {} : { command: values.command.split(' ') }),
  });
  const fd = openSync(layer, 'r');
  const buffer = Buffer.allocUnsafe(256 * 1024);
  for (let n = readSync(fd, buffer); n > 0; n = readSync(fd, buffer)) {
    await unpacker.write(buffer.subarray(0, n));
  }
  closeSync(fd);
  return await unpacker.finish();
}

/** Largest resident size of any child so far, in MiB. */
let peak = 0;
function watchMemory(): void {
  for (const task of readdirSync('/proc/self/task')) {
    try {
      for (const pid of readFileSync(`/proc/self/task/${task}/children`, 'utf8').trim().split(' ')) {
        const kib = /VmHWM:\s*(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
        peak = Math.max(peak, Number(kib ?? 0) / 1024);
      }
    } catch {
      // It ended between two reads.
    }
  }
}

for (let round = 1; round <= Number(values.rounds); round++) {
  const folders = layers.map((_, i) => `${base}/${process.pid}-${round}-${i}`);
  const watch = setInterval(watchMemory, 100);
  const start = performance.now();
  const cpu = process.cpuUsage();
  const results = await Promise.all(layers.map((layer, i) => unpack(layer, folders[i]!)));
  const seconds = (performance.now() - start) / 1000;
  const own = process.cpuUsage(cpu);
  clearInterval(watch);
  const total = (key: 'size' | 'plainSize' | 'files'): number => results.reduce((sum, r) => sum + r[key], 0);
  const megabytes = (bytes: number): string => `${Math.round(bytes / 1e6)} MB`;
  console.log(
    `${seconds.toFixed(2)} s: ${megabytes(total('size'))} to ${megabytes(total('plainSize'))}, ${total('files')} entries, ` +
      `largest child ${Math.round(peak)} MiB, own CPU ${((own.user + own.system) / 1e6).toFixed(2)} s`,
  );
}
console.log(`unpacked in ${base}`);
