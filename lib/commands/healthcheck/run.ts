import { defineCommand } from '../../cli/command.ts';
import { runHealthcheck, runScheduledCheck } from '../../engine/health/check.ts';
import { adjustHealthTimer, NO_MORE_CHECKS, stopUnit } from '../../engine/health/timer.ts';
import { resolveContainer } from '../../storage/containers.ts';
import { openEngine, print } from '../context.ts';

export const command = defineCommand({
  names: ['healthcheck run'],
  summary: "Check a container's health now",
  usage: '[OPTIONS] CONTAINER',
  description:
    'Runs the command of the health check in the container. The exit code is 0 when it succeeds and 1 when it fails; 125 means that it could not be run.',
  examples: ['healthcheck run web'],
  options: {
    'ignore-result': { type: 'bool', summary: 'Exit with 0 also when the check fails' },
    scheduled: { type: 'string', hidden: true, summary: "Asked for by this run's timer" },
    unit: { type: 'string', hidden: true, summary: 'The unit that is this timer' },
  },
  args: { min: 1, max: 1 },
  completeArgs: 'running',
  async run({ options, args }) {
    const engine = openEngine();
    if (options.scheduled !== undefined) {
      const [id, run] = [args[0]!, Number(options.scheduled)];
      const next = await runScheduledCheck(engine, id, run);
      if (next === undefined) {
        if (options.unit !== undefined) await stopUnit(engine, options.unit);
        return NO_MORE_CHECKS;
      }
      await print(`${next / 1000}\n`);
      await adjustHealthTimer(engine, id, run, next);
      return 0;
    }
    const healthy = await runHealthcheck(engine, resolveContainer(engine.store, args[0]!));
    if (!healthy) await print('unhealthy\n');
    return healthy || options['ignore-result'] ? 0 : 1;
  },
});
