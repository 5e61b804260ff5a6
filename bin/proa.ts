/**
 * The program: the first word of argv, the user namespace, one command, the exit code. Nothing else exits. Whatever a
 * command does not need is not loaded: each millisecond here is in every invocation.
 */
import { readInvocation, resolveCommand } from '../lib/cli/dispatch.ts';
import { globalOptions, globalOptionsAfterVerb, isDebug, setGlobals } from '../lib/commands/globals.ts';
import { commands } from '../lib/commands/index.ts';
import { hasCode, OUTPUT_CLOSED } from '../lib/core/error.ts';
import { selfCommand } from '../lib/core/self.ts';
import { span, writeTrace } from '../lib/core/trace.ts';

async function main(argv: string[]): Promise<number> {
  // Children of our own, which unpack layers and work in a user's network namespace.
  if (argv[0] === '__unpack')
    return (await import('../lib/storage/tar/unpack-child.ts')).runUnpackChild(argv[1] ?? '');
  if (argv[0] === '__network')
    return (await import('../lib/commands/network/child.ts')).runNetworkChild(argv.slice(1));
  let found = resolveCommand(argv, commands, { options: globalOptions });
  if (found.globals.version)
    found = resolveCommand(['version', '--short'], commands, { options: globalOptions });
  setGlobals(found.globals);
  if (found.kind !== 'command') {
    const { showHelp } = await import('../lib/commands/help.ts');
    return showHelp(found);
  }
  const entry = commands[found.name]!;
  const command = await entry.load();
  // What follows the name in `proa help NAME` is nobody's arguments.
  const call = found.help
    ? undefined
    : readInvocation(command, found.name, found.argv, { globals: globalOptionsAfterVerb });
  if (call === undefined || call.help) {
    const { showCommandHelp } = await import('../lib/commands/help.ts');
    return showCommandHelp(command, found.name);
  }
  setGlobals({ ...found.globals, ...call.globals });
  if (!entry.plain && (process.geteuid!() !== 0 || process.env._PROA_USERNS_CWD !== undefined))
    await joinUserNamespace(argv);
  using _ = span(found.name);
  return (await command.run(call)) ?? 0;
}

/** As an ordinary user everything happens as root of the user's own namespace; this process is replaced. */
async function joinUserNamespace(argv: string[]): Promise<void> {
  const { ensureUserNamespace } = await import('../lib/rootless/user-namespace.ts');
  const { readIdentity } = await import('../lib/rootless/identity.ts');
  const { defaultPlaces } = await import('../lib/storage/store.ts');
  // The id on the host: when we come here from within the namespace, our own is 0 there.
  const { runRoot } = defaultPlaces({ rootless: true, uid: readIdentity().uid });
  await ensureUserNamespace({ runRoot }, [...selfCommand(), ...argv]);
}

/** systemd runs us by the name of one of its generators, with folders as arguments (systemd.generator(7)). */
function wordsOf(name: string, argv: string[]): string[] {
  const generator = /\bproa-(system|user)-generator$/.exec(name);
  if (generator === null) return argv;
  const words = argv.map((word) => (/^-[a-z]{2}/.test(word) ? `-${word}` : word));
  return ['quadlet', ...(generator[1] === 'user' ? ['--user'] : []), ...words];
}

let code: number;
try {
  code = await main(wordsOf(process.argv0, process.argv.slice(2)));
} catch (error) {
  if (!hasCode(error, OUTPUT_CLOSED)) {
    const { renderError } = await import('../lib/cli/error-text.ts');
    process.stderr.write(renderError(error, { debug: isDebug() }));
  }
  code = (error as { exitCode?: number }).exitCode ?? 125;
}
writeTrace();
process.exit(code);
