import type { Line } from '../case.ts';

const MADE = 'create --name $C $N $I sleep 100';

const INSTANCE = 'the unit of an instance is %n, not %n-%i: auto-update would not find that';

export const GENERATE: readonly Line[] = [
  `${MADE} ; generate systemd --name $C`,
  `${MADE} ; generate systemd --no-header $C`,
  `${MADE} ; generate systemd --new --name $C`,
  `${MADE} ; generate systemd --new $C`,
  [`${MADE} ; generate systemd --template --name --no-header $C`, { but: ['out'], why: INSTANCE }],
  `${MADE} ; generate systemd --name --container-prefix c --separator _ --no-header $C`,
  `${MADE} ; generate systemd --name --container-prefix "" --separator "" --no-header $C`,
  [
    `${MADE} ; generate systemd --new --name --restart-policy always --restart-sec 5 --start-timeout 7 --stop-timeout 20 $C`,
    { but: ['out'], why: 'Podman forgets RestartSec with --new' },
  ],
  `${MADE} ; generate systemd --name --restart-sec 0 --start-timeout 0 --stop-timeout 0 $C`,
  `${MADE} ; generate systemd --name --after a.service --after b.service --wants w.service --requires r.service $C`,
  `${MADE} ; generate systemd --name -e "A=a b" $C`,
  `${MADE} ; generate systemd --name -e A=50% -e NOPE_NOT_SET $C`,
  `${MADE} ; generate systemd --name -e TZ $C`,
  `${MADE} ; generate systemd --name -e "TZ*" $C`,
  `${MADE} ; generate systemd --name -e =x $C`,
  `${MADE} ; generate systemd --name --format json --no-header $C`,
  [
    `${MADE} ; generate systemd --template --name --format json --no-header $C`,
    { but: ['out'], why: INSTANCE },
  ],
  `${MADE} ; generate systemd --format xml $C`,
  `${MADE} ; generate systemd --restart-policy nonsense $C`,
  `${MADE} ; generate systemd --template --new=false $C`,
  `${MADE} ; generate systemd --stop-timeout -1 $C`,
  'create --name $C $N --restart on-failure:3 --stop-timeout 33 $I true ; generate systemd --new --name $C',
  'create --name $C $N --restart on-failure:3 --stop-timeout 33 $I true ; generate systemd --name $C',
  'create --name $C $N --restart unless-stopped $I true ; generate systemd --new --name $C',
  'create --name $C $N --restart always --sdnotify ignore --rm=false $I true ; generate systemd --new --name $C',
  'create --name=$C $N --sdnotify container -it -e "X=a b" $I sh -c "echo \'$HOME\' 100%" ; generate systemd --new --name $C',
  [
    'create --name=$C $N --sdnotify=conmon --replace=true $I top -d --name=foo --rm ; generate systemd --template --name $C',
    { but: ['out'], why: INSTANCE },
  ],
  [
    'container run --name $C -dti --rm $N $I sh ; generate systemd --new --name $C',
    { but: ['err'], why: 'Podman warns of -t without a terminal' },
  ],
  'run -d=true --detach -q --name $C $N $I sleep 100 ; generate systemd --new --name $C',
  'run --detach=false --name $C $N $I true ; generate systemd --new --name $C',
  'create --name $C $N --timeout 4 $I -- -x ; generate systemd --new --name $C',
  'create --name $C $N --env P=%n --label "a=b%c" $I ls "{{.x}}" ; generate systemd --new --name $C',
  'create --name $C $N $I true ; rename $C $D ; generate systemd --name $D',
  'generate systemd $C',
  ['generate systemd', { but: ['code'], why: 'wrong arguments are 1 everywhere here, as in Docker' }],
];
