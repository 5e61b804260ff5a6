import { defineCommand } from '../../cli/command.ts';
import { renderError } from '../../cli/error-text.ts';
import { type Finding, findDamage } from '../../engine/system/check.ts';
import { openEngine, print, warn } from '../context.ts';
import { isDebug } from '../globals.ts';

export const command = defineCommand({
  names: ['system check'],
  summary: 'Find and mend what crashes left',
  usage: '[OPTIONS]',
  description:
    'Looks through everything that Proa keeps and prints a line for each thing that a crash, a kill or a full disk left\n' +
    'behind. Changes nothing without --repair. The exit code is 1 when there is damage that is not mended.',
  examples: ['system check', 'system check --quick', 'system check --repair'],
  options: {
    repair: { short: 'r', type: 'bool', summary: 'Mend what is found' },
    quick: { short: 'q', type: 'bool', summary: "Do not read the layers' contents" },
  },
  args: { min: 0, max: 0 },
  async run({ options: { repair, quick } }) {
    let found = 0;
    let broken = 0;
    for await (const finding of findDamage(openEngine(), { quick })) {
      found++;
      const mended = repair ? await mend(finding) : await tell(finding);
      if (!mended) broken++;
    }
    if (found === 0) await print('No problems found\n');
    if (broken === 0) return 0;
    warn(
      repair ? `Not mended: ${broken}` : `Damage found: ${broken}. To mend it: proa system check --repair`,
    );
    return 1;
  },
});

/** @returns whether it is as it may stay */
async function tell(finding: Finding): Promise<boolean> {
  await print(`${text(finding)}\n`);
  return finding.harmless ?? false;
}

async function mend(finding: Finding): Promise<boolean> {
  try {
    await print(`${text(finding)}: ${(await finding.repair?.()) ?? 'kept'}\n`);
    return true;
  } catch (error) {
    await print(`${text(finding)}: not mended\n`);
    process.stderr.write(renderError(error, { debug: isDebug() }));
    return false;
  }
}

function text({ what, which, why }: Finding): string {
  return `${what}: ${which}: ${why}`;
}
