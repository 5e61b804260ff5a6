import { readFileSync } from 'node:fs';
import { defineCommand } from '../../cli/command.ts';
import { isTerminal } from '../../cli/terminal.ts';
import { messageOf, ProaError } from '../../core/error.ts';
import { readDescriptor } from '../../core/input.ts';
import { createSecret, SECRET_LIMIT } from '../../engine/secret/create.ts';
import { openEngine, print } from '../context.ts';
import { withExitCode1 } from '../exit-code.ts';
import { pairs } from '../pairs.ts';

const STDIN = 0;

export const command = defineCommand({
  names: ['secret create'],
  summary: 'Keep a secret for containers',
  usage: '[OPTIONS] SECRET FILE|-',
  description:
    'Reads it from a file, from stdin (-) or, with --env, from a variable, and prints its id. Containers get it with ' +
    '--secret; no image, log or inspect has it.',
  examples: [
    'secret create password password.txt',
    'printf \'%s\' "$TOKEN" | proa secret create token -',
    'secret create --env --replace token TOKEN',
    'secret create -d pass --driver-opts key=me@example.com password password.txt',
  ],
  options: {
    driver: {
      short: 'd',
      type: 'string',
      default: 'file',
      metavar: 'DRIVER',
      summary: 'Where it is kept: file (not encrypted), pass, shell, systemd-creds',
    },
    'driver-opts': { type: 'list', metavar: 'KEY=VALUE,...', summary: 'Options of the driver' },
    env: { type: 'bool', summary: 'The second argument names a variable that holds it' },
    ignore: { type: 'bool', summary: 'One of that name stays as it is' },
    label: { short: 'l', type: 'list', metavar: 'KEY=VALUE', summary: 'Set labels' },
    replace: { type: 'bool', summary: 'Put it in the place of one of that name' },
  },
  args: { min: 2, max: 2 },
  completeArgs: 'file',
  run: ({ options, args: [name, source] }) =>
    withExitCode1(async () => {
      if (options.ignore && options.replace) {
        throw new ProaError('CONFLICTING_OPTIONS', 'conflicting options: --ignore and --replace');
      }
      const id = createSecret(openEngine().store, {
        name: name!,
        data: () => (options.env ? fromVariable(source!) : fromFile(source!)),
        driver: options.driver,
        driverOptions: pairs(options['driver-opts'].flatMap((text) => text.split(','))),
        labels: pairs(options.label),
        existing: options.replace ? 'replace' : options.ignore ? 'keep' : 'refuse',
      });
      await print(`${id}\n`);
    }),
});

function fromVariable(name: string): Uint8Array {
  const value = process.env[name];
  if (value !== undefined) return Buffer.from(value);
  throw new ProaError('NO_VARIABLE', `create secret: environment variable ${name} is not set`);
}

function fromFile(path: string): Uint8Array {
  if (path === '-') return fromStdin();
  try {
    return readFileSync(path);
  } catch (error) {
    throw new ProaError('NO_SUCH_FILE', `create secret: read ${path}: ${messageOf(error)}`, { cause: error });
  }
}

/** No more than tells that it is too much. */
function fromStdin(): Uint8Array {
  if (isTerminal(STDIN)) {
    throw new ProaError('INPUT_IS_TERMINAL', 'create secret: refusing to read it from a terminal', {
      hint: 'It would be shown: printf \'%s\' "$TOKEN" | proa secret create NAME -',
    });
  }
  const parts: Buffer[] = [];
  let length = 0;
  for (const chunk of readDescriptor(STDIN)) {
    parts.push(Buffer.from(chunk));
    length += chunk.length;
    if (length > SECRET_LIMIT) break;
  }
  return Buffer.concat(parts);
}
