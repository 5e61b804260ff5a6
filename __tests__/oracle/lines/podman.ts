import type { Line } from '../case.ts';

const UP = 'run -d --name $C $N $I sleep 60';
const MADE = 'create --name $C $N $I true';

const QUIET = 'conmon calls it, whose output may be somebody’s terminal';

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
  `${MADE} ; container exists $C`,
  'container exists $C',
  `${MADE} ; init $C`,
  `${UP} ; init $C`,
  `${MADE} ; init $C ; start -a $C`,
  [`${MADE} ; container cleanup $C`, { but: ['out'], why: QUIET }],
  [`${UP} ; stop -t 0 $C ; container cleanup $C`, { but: ['out'], why: QUIET }],
  `${UP} ; kill -s KILL $C ; wait --condition stopped $C`,
  `${UP} ; wait --condition running $C`,
  `${UP} ; stop --ignore -t 0 $D $C`,
  `${MADE} ; rm --ignore $D $C`,
  'rm --ignore $C',
  'stop --ignore $C',
  `${UP} ; top $C pid comm`,
  `${UP} ; exec --latest true ; exec $C true`,
  `${UP} ; pause --filter name=$C ; unpause --filter name=$C`,
  `${UP} ; container clone $C $D`,
  `${MADE} ; diff $C`,
  `${MADE} ; rename $C $D ; container exists $D`,
  'volume create $V ; volume exists $V',
  'volume exists $V',
  'volume create $V ; volume ls --noheading --format {{.Name}} --filter name=$V',
  'volume create $V ; volume rm -f $V ; volume exists $V',
  'volume create --label a=1 $V ; volume inspect -f "{{.Name}} {{.Labels.a}} {{.Driver}}" $V',
  'tag $I $T:v1 ; untag $T:v1 $T:v1 ; image exists $T:v1',
  'tag $I $T:v1 $T:v2 ; image exists $T:v2',
  'untag $T',
  'tag $I $T:v1 ; rmi --ignore $T:v1 $T:v2',
  'run --rm $N --env-host=false --unsetenv PATH $I /bin/sh -c "echo done"',
  'run --rm $N --passwd=false $I true',
  'run --rm $N --hostname h --tz UTC $I date +%Z',
  'run --rm $N --read-only --read-only-tmpfs=false $I touch /tmp/x',
  [
    'run --rm $N --read-only $I touch /tmp/x',
    { but: ['code', 'err'], why: 'Docker’s: --read-only leaves nothing to write to' },
  ],
  'run --rm $N --timeout 1 $I sleep 30',
  [
    'run --replace --name $C $N $I true ; run --replace --name $C $N $I true',
    { but: ['out'], why: 'stdout is the program’s' },
  ],
  'run --rm $N --umask 0077 $I sh -c umask',
  'tag $I $T:v1 ; run --rm $N --rmi $T:v1 false ; image exists $I',
  'run --rm $N --entrypoint "[\\"echo\\",\\"a b\\"]" $I c',
  'run --rm $N --annotation a=1 $I true',
  'run --rm $N --group-add keep-groups $I true',
];
