// What is written as a .container file comes back as the same words of `proa run`.
import { assignment, containerFile, type RunOption } from '../../../lib/systemd/install/container-file.ts';
import { Folder } from '../quadlet/support/files.ts';

const REQUEST = {
  description: '100% of it',
  name: 'web',
  image: 'img',
  restart: 'always' as const,
  wantedBy: 'default.target',
};

/** As systemd passes on what stands in a command line. */
const asRun = (words: string[]): string[] =>
  words.map((word) => word.replaceAll('%%', '%').replaceAll('$$', '$'));

test('every value, however odd', () => {
  const options: RunOption[] = [
    ...['env', 'label', 'annotation'].map((name) => [name, 'A=b "c" $D 5% \\ \'x\''] as const),
    ['env', 'LINES=a\nb\\'],
    ['health-cmd', '"quoted" "twice"'],
    ['health-cmd', '"all"'],
    ['hostname', ''],
    ['workdir', '/with space/end\\'],
    ['publish', '8080:80'],
    ['volume', '/a b:/c:ro'],
    ['mount', 'type=tmpfs,destination=/x y'],
    ['security-opt', 'no-new-privileges'],
    ['security-opt', 'seccomp=/p.json'],
    ['security-opt', 'odd=thing'],
    ['init', true],
    ['read-only-tmpfs', false],
    ['privileged', true],
    ['cpus', '1.5'],
  ];
  for (const option of options) {
    const [name, value] = option;
    const command = ['sh', '-c', 'echo "$HOME" 5% ; exit', ';'];
    using folder = new Folder({ 'web.container': containerFile({ ...REQUEST, command, options: [option] }) });
    const made = folder.generate();
    expect(made.problems).toEqual([]);
    const words = asRun(made.command('web.service'));
    expect(words.slice(-5)).toEqual(['img', ...command]);
    const text = words.join('\0');
    if (typeof value === 'boolean') {
      expect(text).toMatch(new RegExp(`--${name}(=${value})?\0`));
      continue;
    }
    const flag = name === 'volume' ? '-v' : `--${name}`;
    expect([`${flag}\0${value}\0`, `--${name}=${value}\0`].some((form) => text.includes(form))).toBe(true);
  }
});

test('keys where there are keys, PodmanArgs= for the rest', () => {
  expect(assignment(['publish', '1:2'])).toBe('PublishPort=1:2');
  expect(assignment(['env', 'A=b c'])).toBe('Environment="A=b c"');
  expect(assignment(['init', true])).toBe('RunInit=yes');
  expect(assignment(['security-opt', 'label=disable'])).toBe('SecurityLabelDisable=yes');
  expect(assignment(['cpus', '2'])).toBe('PodmanArgs=--cpus=2');
});

test('the service', () => {
  const text = containerFile({
    ...REQUEST,
    command: [],
    options: [],
    notify: 'healthy',
    restart: 'on-failure',
    restartLimit: 3,
    after: [
      { file: 'db.container', required: true },
      { file: 'log.container', required: false },
    ],
  });
  using folder = new Folder({
    'web.container': text,
    'db.container': '[Container]\nImage=x',
    'log.container': '[Container]\nImage=x',
  });
  const made = folder.generate();
  expect(made.problems).toEqual([]);
  expect(made.values('web.service', 'After')).toEqual(['network-online.target', 'db.service', 'log.service']);
  expect(made.values('web.service', 'Requires')).toEqual(['db.service']);
  expect(made.values('web.service', 'StartLimitBurst')).toEqual(['4']);
  expect(made.values('web.service', 'Description')).toEqual(['100%% of it']);
  expect(made.links('web.service')).toEqual(['default.target.wants/web.service -> ../web.service']);
});
