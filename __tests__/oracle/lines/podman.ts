import type { Line } from '../case.ts';

export const PODMAN: readonly Line[] = [
  'image exists $I',
  'image exists $T',
  'create --name $C $N $I true ; ps -a --noheading --filter name=$C --format {{.Names}}',
  [
    'create --name $C $N $I true ; ps -a --sort names --filter name=$C --format "{{.Names}} {{.State}}"',
    { but: ['out'], why: 'the states are in Docker’s small letters' },
  ],
  'run --name $C $N $I sh -c "exit 3" ; ps -a --filter name=$C --format "{{.ExitCode}} {{.AutoRemove}}"',
  'run --rm $N $I echo hi',
  [
    'tag $I $T:v1 ; images --noheading --format {{.Tag}} $T',
    { but: ['out'], why: 'Podman shows the other names of the same image, too; Docker does not' },
  ],
];
