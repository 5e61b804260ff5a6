// Completion as the shells themselves do it, on a terminal where they want one.
import { chmodSync, writeFileSync } from 'node:fs';
import { describeAs, IMAGE } from './support/machine.ts';

const test_ = (shell: string) =>
  Bun.which(shell) === null
    ? test.skip.bind(undefined, `${shell} (skipped: not installed)`)
    : test.bind(undefined, shell);

describeAs('root', (machine) => {
  /** A `proa` in PATH that knows this machine's folders; two containers and a volume to complete. */
  async function prepare(): Promise<Record<string, string>> {
    const program = `${await machine.makeFolder('bin')}/proa`;
    const command = machine.command().map((word) => `'${word}'`);
    writeFileSync(program, `#!/bin/sh\nexec ${command.join(' ')} "$@"\n`);
    chmodSync(program, 0o755);
    await Promise.all([
      machine.ok('run', '-d', '--network=none', '--name=runner', IMAGE, 'sleep', '100'),
      machine.ok('create', '--network=none', '--name=idler', '-v', 'store:/v', IMAGE),
    ]);
    return { ...machine.env, PATH: `${machine.folder}/bin:${machine.env.PATH}`, TERM: 'dumb' };
  }

  /** Each line typed and completed with the tab key; what then stands on the screen must be as expected. */
  async function typed(command: string[], start: string, lines: readonly [string, RegExp][]): Promise<void> {
    const env = await prepare();
    using shell = machine.terminalOf([
      'env',
      ...Object.entries(env).map(([k, v]) => `${k}=${v}`),
      ...command,
    ]);
    shell.type(`${start}; echo be"gin"\n`);
    await shell.until(/begin/);
    for (const [line, expected] of lines) {
      shell.type(`${line}\t`);
      await shell.until(expected);
      // Whatever was typed is given up.
      shell.type('\x15echo ne"xt"\n');
      await shell.until(/next/);
    }
    shell.type('exit\n');
    await shell.ended();
  }

  const LINES: readonly [string, RegExp][] = [
    ['proa contai', /proa container /],
    ['proa container renam', /proa container rename /],
    ['proa start ', /proa start idler /],
    ['proa stop ', /proa stop runner /],
    ['proa rm -f id', /proa rm -f idler /],
    [`proa run ${IMAGE}:la`, new RegExp(`proa run ${IMAGE}:latest `)],
    ['proa run --rest', /proa run --restart /],
    ['proa run --restart=alw', /proa run --restart=always /],
    ['proa run --network=ho', /proa run --network=host /],
    ['proa run -v sto', /proa run -v store /],
    ['proa run --env-file=/etc/hostna', /proa run --env-file=\/etc\/hostname /],
    ['proa ps --filter stat', /proa ps --filter status=/],
  ];

  test_('bash')(() => typed(['bash', '--norc', '-i'], 'source <(proa completion bash)', LINES));

  test_('zsh')(() =>
    typed(
      ['zsh', '-f', '-i'],
      'unsetopt beep; autoload -Uz compinit; compinit -u -D; source <(proa completion zsh)',
      LINES,
    ),
  );

  test_('fish')(async () => {
    const env = await prepare();
    const script = 'proa completion fish | source; for line in $argv; complete -C"$line"; echo ==; end';
    const { out, err } = await machine.as(
      ['fish', '--no-config', '-c', script, ...LINES.map(([line]) => line)],
      {
        env,
      },
    );
    expect(err).toBe('');
    const offered = out.split('==\n').slice(0, -1);
    for (const [at, [line, expected]] of LINES.entries()) {
      const words = offered[at]!.split('\n').map((candidate) => candidate.split('\t')[0]!);
      const lines = words.map((word) => `${line.replace(/\S*$/, '')}${word} `);
      expect(lines).toContainEqual(expect.stringMatching(expected));
    }
  });
});
