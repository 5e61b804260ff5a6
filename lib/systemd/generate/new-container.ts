/** From the command that made a container once to the one by which a service makes it each time. */
import { ProaError } from '../../core/error.ts';
import { literalWord } from '../unit-file/words.ts';
import type { StartNew } from './service.ts';

/** An option as it was written: see cli/written-options.ts. */
export interface GivenOption {
  names: readonly string[];
  words: readonly string[];
  value: string | undefined;
}

export interface CreateCommand {
  /** `run`, `create`, `container run` or `container create` */
  verb: string;
  options: readonly GivenOption[];
  /** Image and command. */
  args: readonly string[];
}

export interface NewContainer {
  /** As it is called now. */
  name: string;
  /** The unit without its suffix, when it is a template: each instance is a container of its own. */
  template?: string | undefined;
}

/**
 * What is the service's own: where the id is written, the end, restarts. Streams have nobody to go to, and the image is
 * kept for the next start.
 */
const OWN = ['attach', 'cgroups', 'cidfile', 'restart', 'rm', 'rmi'];

/** @throws ProaError NOT_CREATED_BY_RUN */
export function newContainerStart(command: CreateCommand, { name, template }: NewContainer): StartNew {
  const verb = command.verb.replace(/\bcreate$/, 'run');
  if (!/^(container )?run$/.test(verb)) {
    throw new ProaError(
      'NOT_CREATED_BY_RUN',
      `generate a unit with --new for container ${name}: it was not made by run or create`,
      { hint: 'Leave out --new: the unit then starts the container that is there' },
    );
  }
  const options = command.options.flatMap((option) => withoutOwn(option));
  const has = (wanted: string) => options.some(({ names }) => names.includes(wanted));
  const named = has('name');
  return {
    kind: 'new',
    verb: verb.split(' '),
    options: [
      ...(template === undefined || named ? [] : [[`--name=${template}-%i`]]),
      // conmon stays in the service's cgroup, as its main process.
      ['--cgroups=no-conmon'],
      ['--rm'],
      // Hardly any container says itself that it is ready, and systemd would wait for it.
      ...(has('sdnotify') ? [] : [['--sdnotify=conmon']]),
      ...(has('detach') ? [] : [['-d']]),
      // One whose clean-up failed is not in the way of the next.
      ...(named && !has('replace') ? [['--replace']] : []),
      ...options.map((option) => unitWords(option, name, template)),
    ],
    args: command.args.map(literalWord),
  };
}

function withoutOwn(option: GivenOption): GivenOption[] {
  const [first = ''] = option.names;
  if (option.names.length === 1) {
    const isOff =
      (first === 'detach' && isFalse(option.value)) || (first === 'sdnotify' && option.value === 'ignore');
    return isOff || OWN.includes(first) ? [] : [option];
  }
  // A group of short ones, of which only the last can have a value.
  const kept = option.names.filter((name) => !OWN.includes(name));
  if (kept.length === option.names.length) return [option];
  return kept.map((name) => {
    return { names: [name], words: [`--${name}`], value: undefined };
  });
}

function isFalse(value: string | undefined): boolean {
  return value !== undefined && /^(0|f|false)$/i.test(value);
}

/** The name is today's, also when it was changed since. */
function unitWords(option: GivenOption, name: string, template: string | undefined): string[] {
  if (option.names.at(-1) !== 'name') return option.words.map(literalWord);
  const value = `${literalWord(name)}${template === undefined ? '' : '-%i'}`;
  return option.words.length > 1 ? [literalWord(option.words[0]!), value] : [`--name=${value}`];
}
