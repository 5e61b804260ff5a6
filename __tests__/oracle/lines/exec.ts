import type { Line } from '../case.ts';

const UP = 'run -d --name $C $N -e A=1 -w /etc -u app $I sleep 60';

/** The engine's own words belong on stderr, and its own failures have 125, as of `run`. */
const SAID = 'Docker 20.10 prints why on stdout';

const OWN = 'the engine’s own failure is 125, as of run and as of podman exec: 1 may be the program’s';

export const EXEC: readonly Line[] = [
  `${UP} ; exec $C echo hi`,
  `${UP} ; exec $C sh -c "exit 9"`,
  `${UP} ; exec $C id -un`,
  `${UP} ; exec -u root $C id -un`,
  `${UP} ; exec $C pwd`,
  `${UP} ; exec -w /tmp $C pwd`,
  `${UP} ; exec -e A=2 -e B=3 $C sh -c "echo $A$B"`,
  [`${UP} ; exec $C no-such-program`, { but: ['code', 'out', 'err'], why: `127 since Docker 23; ${SAID}` }],
  [`${UP} ; exec $C /etc/passwd`, { but: ['out', 'err'], why: SAID }],
  [`${UP} ; exec $C`, { but: ['code'], why: OWN }],
  `${UP} ; exec -d $C true`,
  [`${UP} ; exec -i $C cat`, { stdin: 'through\n' }],
  [`${UP} ; exec $C cat`, { stdin: 'not passed on' }],
  `${UP} ; exec -t $C tty`,
  [`${UP} ; exec -w /nowhere $C pwd`, { but: ['out', 'err', 'code'], why: SAID }],
  [`${UP} ; exec -u nobody-there $C id`, { but: ['out', 'err', 'code'], why: SAID }],
  'create --name $C $N $I sleep 60 ; exec $C true',
  ['exec $C true', { but: ['code'], why: OWN }],
];
