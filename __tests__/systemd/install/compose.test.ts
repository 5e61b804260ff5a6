// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of compose files look like that.
import { interpolate } from '../../../lib/systemd/install/compose/interpolate.ts';
import { quadletsOfCompose } from '../../../lib/systemd/install/compose/quadlets.ts';
import { readComposeFile } from '../../../lib/systemd/install/compose/read.ts';
import { asWords } from '../../../lib/systemd/install/compose/values.ts';
import { Folder } from '../quadlet/support/files.ts';

/** The Quadlet files of a compose file in a folder called shop, and what becomes of them. */
async function convert(text: string, more: Record<string, string> = {}) {
  using folder = new Folder({ 'shop/compose.yaml': text, ...more });
  const project = await readComposeFile(`${folder.path}/shop/compose.yaml`, { SET: 'yes', EMPTY: '' });
  const { files, services } = quadletsOfCompose(project, 'multi-user.target');
  using quadlets = new Folder(Object.fromEntries(files.map((file) => [file.name, file.text])));
  const made = quadlets.generate();
  expect(made.problems).toEqual([]);
  return { made, services, folder: `${folder.path}/shop` };
}

test('services, networks, volumes and builds', async () => {
  const { made, services, folder } = await convert(
    `
name: shop
x-common: &common {restart: always}
services:
  web:
    <<: *common
    build: {context: ./app, dockerfile: D, args: [A=b]}
    ports: ["8080:80/udp", {target: 443, published: 8443, host_ip: 127.0.0.1, protocol: tcp}]
    depends_on: {db: {condition: service_healthy}, init: {condition: service_completed_successfully, required: false}}
    environment: {A: "\${SET} \${NONE:-d\${SET}} $$x", B: 1, C: }
    networks: {front: {aliases: [www], ipv4_address: 10.7.0.5}, default: }
    command: sh -c 'echo "a b"'
  db:
    image: mariadb
    container_name: database
    user: "999:999"
    volumes: [data:/var/lib/mysql, ./conf:/etc/x:ro, old:/old, {type: tmpfs, target: /t, tmpfs: {size: 1m}}]
    healthcheck: {test: [CMD, mysqladmin, ping], interval: 5s, retries: 3}
    env_file: [{path: db.env}]
    stop_grace_period: 1m30s
    ulimits: {nofile: {soft: 1, hard: 2}}
    entrypoint: /run.sh --x
  init: {image: bb, network_mode: "service:db", restart: "on-failure:2", security_opt: ["label:disable"]}
networks:
  front: {driver: bridge, internal: true, ipam: {config: [{subnet: 10.7.0.0/24, gateway: 10.7.0.1}]}}
volumes:
  data: {driver_opts: {type: tmpfs, device: tmpfs, o: "size=1m"}, labels: {a: b}}
  old: {external: true, name: elsewhere}
`,
  );
  expect(services).toEqual(['shop-web.service', 'shop-db.service', 'shop-init.service']);
  expect(made.names).toEqual([
    ...['shop-data-volume.service', 'shop-db.service', 'shop-default-network.service'],
    ...['shop-front-network.service', 'shop-init.service', 'shop-web-build.service', 'shop-web.service'],
  ]);
  const web = made.command('shop-web.service').join(' ');
  expect(web).toContain(
    '--network shop_front:alias=web,alias=www,ip=10.7.0.5 --network shop_default:alias=web',
  );
  expect(web).toContain('--publish 8080:80/udp --publish 127.0.0.1:8443:443/tcp');
  expect(web).toContain('--env A=yes dyes $$x --env B=1 --env C');
  expect(made.command('shop-web.service').slice(-4)).toEqual([
    'localhost/shop-web',
    'sh',
    '-c',
    'echo "a b"',
  ]);
  expect(made.values('shop-web.service', 'Requires')).toEqual(expect.arrayContaining(['shop-db.service']));
  expect(made.values('shop-web.service', 'Requires')).not.toContain('shop-init.service');
  expect(made.values('shop-web.service', 'After')).toContain('shop-init.service');
  expect(made.values('shop-web.service', 'Restart')).toEqual(['always']);
  expect(made.command('shop-web-build.service').join(' ')).toBe(
    `build --tag localhost/shop-web --build-arg A=b --file ${folder}/app/D ${folder}/app`,
  );
  const db = made.command('shop-db.service').join(' ');
  for (const words of [
    ...['--name database', '--sdnotify=healthy', '--user 999:999', '-v shop_data:/var/lib/mysql'],
    ...[
      `-v ${folder}/conf:/etc/x:ro`,
      '-v elsewhere:/old',
      '--tmpfs /t:size=1m',
      `--env-file ${folder}/db.env`,
    ],
    ...[
      '--health-cmd ["mysqladmin","ping"]',
      '--health-interval 5s',
      '--health-retries 3',
      '--stop-timeout 90',
    ],
    ...['--ulimit nofile=1:2', '--entrypoint ["/run.sh","--x"]', '--network shop_default:alias=db'],
  ]) {
    expect(db).toContain(words);
  }
  expect(made.command('shop-init.service')).not.toContain('-d');
  expect(made.command('shop-init.service').join(' ')).toContain('--network container:database');
  expect(made.values('shop-init.service', 'Restart')).toEqual(['on-failure']);
  expect(made.command('shop-data-volume.service').join(' ')).toContain('--opt=type=tmpfs');
  expect(made.command('shop-front-network.service').join(' ')).toBe(
    'network create --ignore --internal --driver bridge --subnet 10.7.0.0/24 --gateway 10.7.0.1 shop_front',
  );
});

test.each([
  ['services: {a: {image: x, deploy: {}}}', 'services.a.deploy: cannot be made a part of a Quadlet file'],
  ['services: {a: {image: x}}\nsecrets: {}', /secrets: cannot be made a Quadlet file/],
  ['services: {a: {}}', 'services.a: has neither image nor build'],
  ['services: {a: {image: x, volumes: [v:/v]}}', 'services.a.volumes: volumes.v is missing'],
  ['services: {a: {image: x, networks: [n]}}', 'services.a.networks: networks.n is missing'],
  ['services: {a: {image: x, depends_on: [b]}}', 'services.a: there is no service b'],
  ['services: {a: {image: x, depends_on: {a: {condition: odd}}}}', /depends_on/],
  ['services: {a: {image: x, restart: often}}', 'services.a.restart: often: no such policy'],
  ['services: {a: {image: x, privileged: perhaps}}', 'services.a.privileged: must be true or false'],
  ['services: {a: {image: x, stop_grace_period: soon}}', 'services.a.stop_grace_period: soon is no duration'],
  ['services: {a: {image: x, healthcheck: {test: [GO]}}}', /test: must begin with NONE, CMD or CMD-SHELL/],
  [
    'services: {a: {image: x, volumes: [{type: odd, target: /x}]}}',
    /volumes.type: must be bind, volume or tmpfs/,
  ],
  ['services: {a: {image: x, command: "a \'b"}}', 'services.a.command: a quote is not closed'],
  ['services: {a: {image: "${NONE?what it is}"}}', 'variable NONE: what it is'],
  ['services: [', /^read .*compose\.yaml: /],
  ['services: {}', /it has no services/],
  ['services: {a: 5}', 'services.a: must have members'],
  ['services: {a: {image: x}}\nvolumes: {v: {driver: nfs}}', ''],
])('%s', async (text, told) => {
  const attempt = convert(text);
  if (told === '') await expect(attempt).resolves.toBeDefined();
  else await expect(attempt).rejects.toThrow(told);
});

test('variables', () => {
  const environment = { A: 'a', E: '' };
  const texts = ['$A-${A}', '${E:-x}${E-x}', '${N:+x}${A:+y$A}', '$$A ${N}', '${N:-${A}}'];
  expect(interpolate({ list: texts }, environment)).toEqual({ list: ['a-a', 'x', 'ya', '$A ', 'a'] });
});

test('a file .env beside it', async () => {
  const { made } = await convert('services: {a: {image: "x:${TAG}"}}', {
    'shop/.env': 'TAG="1.2"\nSET=no\n',
  });
  expect(made.command('shop-a.service').at(-1)).toBe('x:1.2');
});

test('commands as a shell splits them', () => {
  expect(asWords(`a "b \\"c\\" $d" 'e "f' g\\ h i"j"k ""`, 'k')).toEqual([
    'a',
    'b "c" $d',
    'e "f',
    'g h',
    'ijk',
    '',
  ]);
});
