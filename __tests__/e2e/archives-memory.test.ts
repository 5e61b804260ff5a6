// However large an image is, saving and loading it takes the memory of a few buffers.
import { describeAs } from './support/machine.ts';

const SIZES = { middle: 48 << 20, large: 400 << 20 };
/** A quarter of the difference: what the garbage collector lets lie, which 1.3 GB make no larger. */
const MORE = 88 << 20;

describeAs('root', (machine) => {
  /** Runs a shell's command line in which "$@" is proa's, and tells how much memory the largest of its processes had. */
  async function peakOf(script: string, ...words: string[]): Promise<number> {
    const child = Bun.spawn(['sh', '-c', script, 'sh', ...machine.command(...words)], {
      env: machine.env,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    expect([script, await child.exited]).toEqual([script, 0]);
    return child.resourceUsage()!.maxRSS;
  }

  test('400 MB take no more than 48 MB, through pipes and files', async () => {
    const folder = await machine.makeFolder('large');
    const peaks = async (name: keyof typeof SIZES): Promise<Record<string, number>> => {
      const make = `cd ${folder} && truncate -s ${SIZES[name]} file && tar -cf - file && rm file`;
      const imported = await peakOf(`{ ${make}; } | "$@"`, 'import', '-', name);
      const save = await peakOf(`"$@" > ${folder}/a.tar`, 'save', name);
      const packed = await peakOf('"$@" | cat > /dev/null', 'save', '--format=oci-archive', name);
      await machine.ok('rmi', name);
      const load = await peakOf(`cat ${folder}/a.tar | "$@"`, 'load');
      await machine.ok('rmi', name);
      return { imported, save, packed, load };
    };
    const middle = await peaks('middle');
    const large = await peaks('large');
    for (const [what, peak] of Object.entries(large)) {
      const grown = peak - middle[what]!;
      expect({ what, grown, flat: grown < MORE }).toEqual({ what, grown, flat: true });
    }
  });
});
