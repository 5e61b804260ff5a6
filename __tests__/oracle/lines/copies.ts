import type { Line } from '../case.ts';

const MADE = 'create --name $C $N $I sh -c "mkdir /d; echo b > /d/b; rm /etc/group; echo a > /z"';
const RAN = `${MADE} ; start -a $C`;

export const COPIES: readonly Line[] = [
  [`${RAN} ; diff $C`, { but: ['out'], why: 'Docker’s order is chance' }],
  `${MADE} ; diff $C`,
  'diff $C',
  `${RAN} ; cp $C:/z /dev/null/nowhere`,
  `${RAN} ; cp $C:/no/such /tmp`,
  `${RAN} ; cp /no/such/file $C:/`,
  `${RAN} ; cp /etc/hostname $C:/no/such/folder/x`,
  [`${RAN} ; cp /etc/hostname $C:/d ; diff $C`, { but: ['out'], why: 'Docker’s order is chance' }],
  [
    `${RAN} ; cp $C:/z $C:/b`,
    { but: ['code', 'err'], why: 'Podman copies between containers, and so do we' },
  ],
  'cp $C:/z /tmp',
  `${RAN} ; cp $C:/z`,
  `${RAN} ; commit -m words -a me $C $T ; image inspect -f "{{.Author}} {{.Comment}} {{.Config.Cmd}}" $T ; run --rm $N $T cat /z`,
  `${RAN} ; commit -c "ENV A=1" -c "CMD [\\"env\\"]" -c "USER 7" $C $T ; image inspect -f "{{.Config.Cmd}} {{.Config.User}}" $T`,
  `${RAN} ; commit -c "NONSENSE x" $C $T`,
  `${RAN} ; commit $C UPPER`,
  'commit $C $T',
  `${RAN} ; export $D`,
  'create --name $C $N $I true ; update --memory 64m --memory-swap 128m $C ; inspect -f {{.HostConfig.Memory}} $C',
  'create --name $C $N $I true ; update --restart on-failure:3 $C ; inspect -f "{{json .HostConfig.RestartPolicy}}" $C',
  'create --name $C $N $I true ; update --cpus 1.5 --cpu-shares 512 $C ; inspect -f "{{.HostConfig.NanoCpus}} {{.HostConfig.CpuShares}}" $C',
  'create --name $C $N $I true ; update --memory 1 $C',
  'update --memory 64m $C',
  'update',
];
