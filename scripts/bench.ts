/**
 * `npm run bench`: times Proa beside podman, docker and a bare crun, whichever are there, on the same image. Engines take
 * turns (A B C, A B C, …), so a machine that drifts hits all alike: quote ratios of medians, never one time alone.
 */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import yargs from 'yargs';
import { CommandFailed, time, tryRun } from './bench/command.ts';
import { asUser, bareCrun, type Engine, importImage, peers } from './bench/engines.ts';
import { head, heading, line, markdown, type Result, row } from './bench/report.ts';
import { IMAGE, type Scenario, scenarios } from './bench/scenarios.ts';
import { writeBusyboxTar } from './lib/busybox-image.mjs';

const options = await yargs(process.argv.slice(2))
  .scriptName('npm run bench --')
  .usage('$0 [options]\n\nTimes engines side by side.')
  .option('only', { type: 'string', describe: 'Scenarios, separated by commas' })
  .option('rounds', { alias: 'n', type: 'number', default: 11, describe: 'Timed rounds of each scenario' })
  .option('engine', { type: 'string', array: true, default: [], describe: 'NAME=COMMAND of another engine' })
  .option('peers', { type: 'boolean', default: true, describe: 'Compare with podman, docker and crun' })
  .option('user', { type: 'string', describe: 'As root: also time run-none as this user' })
  .option('big', {
    type: 'string',
    describe: 'REGISTRY/NAME whose tags 1, 2, 3 are variants of one large image',
  })
  .option('json', { type: 'string', describe: 'Write all times to this file' })
  .option('markdown', { type: 'boolean', default: false, describe: 'Print the table in Markdown at the end' })
  .strict()
  .version(false)
  .parse();

const work = mkdtempSync(join(tmpdir(), 'proa-bench-'));
// Another user (--user) reads the image there.
chmodSync(work, 0o755);
try {
  await bench();
} finally {
  rmSync(work, { recursive: true, force: true });
}

async function bench(): Promise<void> {
  const tar = join(work, 'rootfs.tar');
  writeBusyboxTar(tar);
  const engines = await ready(await chosenEngines(tar), tar);
  const only = options.only?.split(',');
  const widths = head(engines).map((cell) => cell.length);
  const rows = [head(engines)];
  const results: Result[] = [];
  try {
    console.log(`${heading(engines)}\n\n${line(rows[0]!, widths)}`);
    for (const scenario of scenarios(options.big, work)) {
      if (only ? !only.includes(scenario.name) : scenario.byNameOnly) continue;
      const result = await measure(scenario, engines);
      results.push(result);
      rows.push(row(result, engines));
      console.log(line(rows.at(-1)!, widths));
      for (const [name, { error }] of Object.entries(result.byEngine)) {
        if (error !== undefined) console.error(`  ${name}: ${error}`);
      }
    }
  } finally {
    for (const { cli, instead } of engines) if (!instead) await tryRun([...cli, 'rmi', '-f', IMAGE]);
  }
  if (options.markdown) console.log(`\n${markdown(rows)}`);
  if (options.json !== undefined) writeFileSync(options.json, JSON.stringify(results, null, 1));
}

async function chosenEngines(tar: string): Promise<Engine[]> {
  const named = options.engine.map((text): Engine => {
    const [name, command] = text.split('=', 2);
    if (!name || !command) throw new Error(`--engine ${text}: want NAME=COMMAND`);
    return { name, cli: command.split(' ') };
  });
  const own: Engine = { name: 'proa', cli: [join(import.meta.dir, '../dist/proa')] };
  const engines = [own, ...named, ...(options.peers ? peers() : [])];
  if (options.user !== undefined) {
    // Docker's users talk to root's daemon.
    const rootless = engines.filter(({ name }) => name !== 'docker');
    engines.push(...rootless.map((engine) => asUser(engine, options.user!)));
  }
  if (options.peers && Bun.which('crun')) {
    const bundle = join(work, 'bundle');
    mkdirSync(bundle);
    engines.push(await bareCrun(tar, bundle));
  }
  return engines;
}

/** The engines that could take the image in. */
async function ready(engines: readonly Engine[], tar: string): Promise<Engine[]> {
  const able: Engine[] = [];
  for (const engine of engines) {
    try {
      await importImage(engine, tar);
      able.push(engine);
    } catch (error) {
      if (!(error instanceof CommandFailed)) throw error;
      console.error(`${engine.name} is left out: ${error.message}`);
    }
  }
  return able;
}

async function measure(scenario: Scenario, engines: readonly Engine[]): Promise<Result> {
  const taking = engines.filter(({ only }) => only?.includes(scenario.name) ?? true);
  const byEngine: Record<string, { times: number[]; error?: string }> = {};
  for (const { name } of taking) byEngine[name] = { times: [] };
  /** Runs a step for each engine that has not failed yet. */
  const each = async (step: (engine: Engine) => unknown): Promise<void> => {
    for (const engine of taking) {
      const result = byEngine[engine.name]!;
      if (result.error !== undefined) continue;
      try {
        await step(engine);
      } catch (error) {
        if (!(error instanceof CommandFailed)) throw error;
        byEngine[engine.name] = { times: [], error: error.message };
      }
    }
  };
  await each(({ cli }) => scenario.setUp?.(cli));
  // Round 0 warms up and is not counted.
  for (let round = scenario.cold ? 1 : 0; round <= (scenario.rounds ?? options.rounds); round++) {
    await each(async ({ name, cli, instead }) => {
      const command = instead?.[scenario.name];
      const elapsed = command ? time(command) : await scenario.measure(cli, round);
      if (round > 0) byEngine[name]!.times.push(elapsed);
      if (!command) await scenario.undo?.(cli);
    });
  }
  for (const { cli, instead } of taking) if (!instead) await scenario.tearDown?.(cli);
  return { scenario: scenario.name, byEngine };
}
