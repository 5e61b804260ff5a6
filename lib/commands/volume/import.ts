import { defineCommand } from '../../cli/command.ts';
import { readDescriptor } from '../../core/input.ts';
import { close, O, open } from '../../core/sys/file.ts';
import { importVolume } from '../../engine/volume/archive.ts';
import { openEngine } from '../context.ts';

const STDIN = 0;

export const command = defineCommand({
  names: ['volume import'],
  summary: 'Unpack a tar archive into a volume',
  usage: 'VOLUME FILE|-',
  description:
    'The archive, compressed or not, is unpacked over what is in the volume; - reads it from stdin.',
  examples: ['volume import data data.tar', 'volume export one | proa volume import two -'],
  options: {},
  args: { min: 1, max: 2 },
  completeArgs: 'volume',
  async run({ args: [name, source = '-'] }) {
    const engine = openEngine();
    if (source === '-') return importVolume(engine, name!, readDescriptor(STDIN));
    const fd = open(source, O.RDONLY);
    try {
      await importVolume(engine, name!, readDescriptor(fd));
    } finally {
      close(fd);
    }
  },
});
