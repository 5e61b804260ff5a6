import type { Line } from '../case.ts';

const TALK = 'run --name $C $N $I sh -c "echo one; echo two; echo three; printf four"';

export const LOGS: readonly Line[] = [
  `${TALK} ; logs $C`,
  `${TALK} ; logs -f $C`,
  `${TALK} ; logs --tail 2 $C`,
  `${TALK} ; logs -n 0 $C`,
  `${TALK} ; logs --tail all $C`,
  `${TALK} ; logs --since 1h $C`,
  `${TALK} ; logs --until 1h $C`,
  `${TALK} ; logs --since 2001-01-01 $C`,
  `${TALK} ; logs -t --tail 1 $C`,
  'run --name $C $N $I sh -c "echo out; echo err >&2" ; logs $C',
  `${TALK} ; logs --since nonsense $C`,
  'create --name $C $N $I true ; logs $C',
  'logs $C',
];
