import { defineCommand } from '../../cli/command.ts';
import { ProaError } from '../../core/error.ts';
import { createBuilder } from '../../engine/build/builders.ts';
import { formatPlatform, parsePlatform } from '../../oci/model/platform.ts';
import { openEngine, print } from '../context.ts';
import { withExitCode1 } from '../exit-code.ts';

const DRIVERS = ['docker', 'docker-container', 'kubernetes', 'remote'];

export const command = defineCommand({
  names: ['buildx create'],
  summary: 'Make a builder',
  usage: '[OPTIONS] [CONTEXT|ENDPOINT]',
  description:
    'There is no daemon that builds: a builder is a name, and each of them builds with this engine and its cache. What is said about drivers and nodes is noted and shown, so that scripts which make builders work.',
  examples: [
    'buildx create --name ci --use',
    'buildx create --driver docker-container --platform linux/amd64',
  ],
  options: {
    append: { type: 'bool', summary: 'Add a node to a builder that is there' },
    bootstrap: { type: 'bool', summary: 'Start it: there is nothing to start' },
    'buildkitd-config': {
      type: 'string',
      metavar: 'FILE',
      summary: 'For a daemon; there is none',
      complete: 'file',
      aliases: ['config'],
    },
    'buildkitd-flags': { type: 'string', metavar: 'FLAGS', summary: 'For a daemon; they are noted' },
    driver: { type: 'string', summary: 'The driver to note', choices: DRIVERS },
    'driver-opt': { type: 'list', metavar: 'KEY=VALUE', summary: 'Options of the driver, which are noted' },
    leave: { type: 'bool', summary: 'Take a node out of a builder' },
    name: { type: 'string', summary: 'Its name' },
    node: { type: 'string', summary: 'The name of the node' },
    platform: { type: 'list', metavar: 'OS/ARCH', summary: 'Platforms to note for the node' },
    use: { type: 'bool', summary: 'Use it from now on' },
  },
  args: { min: 0, max: 1 },
  run: ({ options, args: [endpoint] }) =>
    withExitCode1(async () => {
      const { append, driver, leave, name, node, use } = options;
      if (append && leave)
        throw new ProaError('CONFLICTING_OPTIONS', '--append and --leave cannot be used together');
      const created = await createBuilder(openEngine().store, {
        name,
        driver,
        append,
        leave,
        use,
        node: {
          name: node,
          endpoint,
          platforms: options.platform
            .flatMap((each) => each.split(','))
            .map((each) => formatPlatform(parsePlatform(each))),
          buildkitdFlags: options['buildkitd-flags']?.split(/\s+/).filter(Boolean),
          driverOptions: Object.fromEntries(
            options['driver-opt'].flatMap((each) => each.split(',')).map(splitOption),
          ),
        },
      });
      await print(`${created}\n`);
    }),
});

function splitOption(text: string): [string, string] {
  const equals = text.indexOf('=');
  if (equals <= 0) throw new ProaError('INVALID_OPTION_VALUE', `--driver-opt ${text}: expected KEY=VALUE`);
  return [text.slice(0, equals), text.slice(equals + 1)];
}
