/**
 * Builds as people have them, on real packages: web servers and a database from a Debian base by apt, a front end by npm
 * with a cache, and the four stages of an application. They take minutes and the mirrors of Debian and npm:
 * `npm test -- real-builds`.
 */
import { execFileSync } from 'node:child_process';
import { realpathSync } from 'node:fs';
import { dirname } from 'node:path';
import { describeAs } from '../e2e/support/machine.ts';
import { aptInstall, BASE, buildBase, mirrorOptions, whyNoBase } from './debian-base.ts';

const PATIENCE = 600_000;

/** Node and npm of this machine, as a context: Debian's npm has four hundred packages. */
const NODE = dirname(dirname(realpathSync(Bun.which('node') ?? '/usr/bin/node')));
const NPM = execFileSync('npm', ['root', '-g'], {
  encoding: 'utf8',
  stdio: ['ignore', 'pipe', 'ignore'],
}).trim();
const NPM_INSTALL =
  'RUN --mount=type=cache,target=/root/.npm --mount=type=secret,id=npmrc,target=/root/.npmrc ' +
  '--mount=type=bind,from=ssl,target=/etc/ssl NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt node /npm/npm/bin/npm-cli.js install --no-audit --no-fund';

describeAs(
  'root',
  (machine) => {
    beforeAll(() => buildBase(machine), PATIENCE);

    const build = async (
      name: string,
      files: Record<string, string>,
      ...options: string[]
    ): Promise<string> => {
      const folder = await machine.makeFolder(name);
      for (const [path, text] of Object.entries(files)) await Bun.write(`${folder}/${path}`, text);
      const words = ['build', '--progress=plain', '-t', name, ...mirrorOptions(), ...options, folder];
      const { code, err } = await machine.proaWith({ timeout: PATIENCE, env: MIRROR_ENV }, ...words);
      if (code !== 0) throw new Error(err.slice(-3000));
      return err;
    };
    const inIt = (image: string, script: string): Promise<string> =>
      machine.ok('run', '--rm', '--network=none', '--entrypoint=', image, 'sh', '-c', script);

    test.each([
      [
        'redis',
        ['redis-server'],
        'redis-server --save "" >/dev/null & sleep 1; redis-cli set a b; redis-cli get a',
        'OK\nb',
      ],
      [
        'nginx',
        ['nginx-light', 'curl'],
        'mkdir -p /var/www/html; echo hello > /var/www/html/x; nginx; curl -s http://localhost/x',
        'hello',
      ],
      ['php', ['php-cli'], 'php -r \'echo implode(",", [1, 2]), PHP_EOL;\'', '1,2'],
    ])(
      '%s from a Debian base by apt',
      async (name, packages, script, expected) => {
        const files = { Dockerfile: `FROM ${BASE}\n${aptInstall(...packages)}\nLABEL what=${name}\n` };
        await build(name, files);
        expect(await inIt(name, script)).toBe(expected);
        // Lists and packages are in the caches, and not in it.
        const count = 'find /var/lib/apt/lists /var/cache/apt -type f | wc -l';
        expect(await inIt(name, count)).toBe(await inIt(BASE, count));
        expect((await build(name, files)).match(/ CACHED$/gm)).toHaveLength(1);
      },
      PATIENCE,
    );

    test(
      'a front end by npm, whose cache outlives the step',
      async () => {
        const dockerfile = [
          `FROM ${BASE}`,
          aptInstall('libstdc++6'),
          'COPY --from=node bin/node /usr/bin/node',
          'COPY --from=npm npm /npm/npm',
          'WORKDIR /app',
          'COPY package.json .',
          NPM_INSTALL,
          'COPY src src',
          'RUN node src/build.cjs > out.json',
        ].join('\n');
        const files = {
          Dockerfile: dockerfile,
          'package.json': JSON.stringify({ name: 'front', dependencies: { 'smol-toml': '1.4.2' } }),
          'src/build.cjs': "console.log(JSON.stringify(require('smol-toml').parse('a = 1')))",
        };
        const contexts = [`--build-context=node=${NODE}`, `--build-context=npm=${NPM}`];
        await build('front', files, ...contexts);
        expect(await inIt('front', 'cat out.json; ls -d /root/.npm 2>&1 | wc -l')).toMatch(/^\{"a":1\}/);
        const other = { ...files, 'package.json': files['package.json'].replace('front', 'other') };
        expect(await build('front', other, ...contexts)).toMatch(/npm-cli\.js install/);
        const mounts = await machine.ok(
          'buildx',
          'du',
          '--filter',
          'type=exec.cachemount',
          '--format',
          '{{.Description}}',
        );
        expect(mounts).toContain('/root/.npm');
      },
      PATIENCE,
    );

    test(
      'an application in four stages: two front ends, the code, the server',
      async () => {
        const dockerfile = `
FROM ${BASE} AS assets
${aptInstall('libstdc++6')}
COPY --from=node bin/node /usr/bin/node
WORKDIR /a
COPY resources/app.js .
RUN node -e "require('fs').writeFileSync('app.min.js', require('fs').readFileSync('app.js', 'utf8').replace(/\\s+/g, ' '))"

FROM ${BASE} AS styles
WORKDIR /s
COPY resources/*.css .
RUN cat *.css | tr -d '\\n' > app.css

FROM ${BASE} AS app
${aptInstall('php-cli')}
WORKDIR /var/www
COPY --chown=www-data:www-data app app
COPY --chown=33:33 --chmod=640 .env.example .env
RUN php -l app/index.php && php app/index.php > cached.html
USER www-data

FROM ${BASE} AS web
${aptInstall('nginx-light', 'curl')}
COPY site.conf /etc/nginx/sites-enabled/default
COPY --from=assets /a/app.min.js /srv/public/
COPY --from=styles /s/app.css /srv/public/
COPY --from=app /var/www/cached.html /srv/public/index.html
RUN nginx -t
STOPSIGNAL SIGQUIT
EXPOSE 80
CMD ["nginx", "-g", "daemon off;"]
`;
        const files = {
          Dockerfile: dockerfile,
          '.dockerignore': '*\n!app\n!resources\n!site.conf\n!.env.example\n**/*.log\n',
          '.env.example': 'APP=1\n',
          'app/index.php': '<?php echo "<p>", 6 * 7, "</p>\\n";',
          'app/debug.log': 'never',
          'resources/app.js': 'let a =\n   1\n',
          'resources/a.css': 'a {}\n',
          'resources/b.css': 'b {}\n',
          'site.conf': 'server { listen 80; root /srv/public; }\n',
        };
        const context = `--build-context=node=${NODE}`;
        await build('web', files, context);
        const served = 'nginx; for f in "" app.css app.min.js; do curl -s http://localhost/$f; done';
        expect(await inIt('web', served)).toBe('<p>42</p>\na {}b {}let a = 1 ');
        await build('app', files, context, '--target=app');
        expect(await inIt('app', 'id -un; stat -c "%U %a" .env; ls app')).toBe(
          'www-data\nwww-data 640\nindex.php',
        );
        const config = await machine.ok(
          'image',
          'inspect',
          '-f',
          '{{.Config.StopSignal}} {{.Config.ExposedPorts}}',
          'web',
        );
        expect(config).toBe('SIGQUIT map[80/tcp:{}]');
      },
      PATIENCE,
    );
  },
  { skip: whyNoBase() },
);

/** The mirrors may stand behind certificates and proxies of this machine. */
const MIRROR_ENV = Object.fromEntries(
  ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'http_proxy', 'https_proxy', 'no_proxy'].map((name) => [
    name,
    process.env[name] ?? '',
  ]),
);
