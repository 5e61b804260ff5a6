/** `buildx bake`: from files to images. How files are read is tested in build/bake. */
import { readFileSync, writeFileSync } from 'node:fs';
import { describeAs, IMAGE } from './support/machine.ts';

const FILE = `
variable "TAG" { default = "v1" }
group "default" { targets = ["app", "web"] }
target "base" { dockerfile-inline = "FROM ${IMAGE}\\nRUN echo base > /base\\n" }
target "app" {
  context = "app"
  contexts = { base = "target:base", more = "./more" }
  tags = ["bake/app:\${TAG}"]
  args = { WHO = "me" }
  labels = { a = "b" }
}
target "web" {
  name = "web-\${v}"
  matrix = { v = ["one", "two"] }
  dockerfile-inline = "FROM ${IMAGE}\\nRUN echo \${v} > /v\\n"
  tags = ["bake/web:\${v}"]
}
target "broken" { dockerfile-inline = "FROM ${IMAGE}\\nRUN echo what happened && exit 3\\n" }
target "open" {
  dockerfile-inline = "FROM ${IMAGE}\\n"
  entitlements = ["security.insecure"]
}
`;

describeAs('root', (machine) => {
  let folder = '';
  const bake = (...words: string[]) => machine.proaWith({ cwd: folder }, 'buildx', 'bake', ...words);

  beforeAll(async () => {
    folder = await machine.makeFolder('bake');
    for (const name of ['app', 'more']) await machine.makeFolder(`bake/${name}`);
    writeFileSync(`${folder}/docker-bake.hcl`, FILE);
    writeFileSync(
      `${folder}/app/Dockerfile`,
      'FROM base\nARG WHO\nCOPY --from=more x /x\nRUN echo $WHO > /who\n',
    );
    writeFileSync(`${folder}/more/x`, 'more\n');
  });

  test('all targets, one made of another, as files and metadata', async () => {
    const metadata = `${folder}/metadata.json`;
    const { code, err } = await bake('--metadata-file', metadata, '--set', 'app.labels.c=d');
    expect({ code, err }).toEqual({ code: 0, err: expect.stringContaining('[web-one 2/2] RUN echo one') });
    expect(err).toMatch(/#\d+ \[app 3\/3\] RUN echo \$WHO/);
    expect(
      await machine.ok('run', '--rm', '--network=none', 'bake/app:v1', 'cat', '/who', '/x', '/base'),
    ).toBe('me\nmore\nbase');
    const labels = await machine.ok('image', 'inspect', '-f', '{{json .Config.Labels}}', 'bake/app:v1');
    expect(JSON.parse(labels)).toEqual({ a: 'b', c: 'd' });
    const shown = JSON.parse(readFileSync(metadata, 'utf8'));
    expect(Object.keys(shown).sort()).toEqual(['app', 'web-one', 'web-two']);
    const id = await machine.ok('images', '-q', '--no-trunc', 'bake/web:two');
    expect(shown['web-two']['containerimage.config.digest']).toBe(id);
  });

  test('a target by name with a variable; again from the cache', async () => {
    const { code, err } = await bake('--var', 'TAG=v2', '--progress=plain', 'app');
    expect({ code, err }).toEqual({ code: 0, err: expect.stringMatching(/CACHED/) });
    expect(await machine.ok('images', '--format', '{{.Tag}}', 'bake/app')).toBe('v2\nv1');
  });

  test('what would be built, and what there is', async () => {
    const plan = JSON.parse((await bake('--print', 'web-one')).out);
    expect(plan.group).toEqual({ default: { targets: ['web-one'] } });
    expect((await bake('--list=targets')).out).toMatch(
      /^TARGET +DESCRIPTION\napp +\n[\s\S]*default +app, web\n/,
    );
    expect((await bake('--list=variables')).out).toBe(
      'VARIABLE   TYPE      VALUE     DESCRIPTION\nTAG                  v1        \n',
    );
  });

  test('files from outputs, and from standard input', async () => {
    const file = `target "default" {\n dockerfile-inline = "FROM scratch\\nCOPY more/x /y\\n"\n output = ["out"]\n}`;
    const { code, err } = await machine.proaWith({ cwd: folder, stdin: file }, 'buildx', 'bake', '-f', '-');
    expect({ code, err }).toEqual({ code: 0, err: expect.any(String) });
    expect(readFileSync(`${folder}/out/y`, 'utf8')).toBe('more\n');
  });

  test('a step that fails: which target, what it said, where', async () => {
    const { code, err } = await bake('broken', 'web-one');
    expect(code).toBe(1);
    expect(err).toMatch(/what happened/);
    expect(err).toMatch(/>>> RUN echo what happened/);
    expect(err).toMatch(/target broken: .*exit code: 3/);
  });

  test('what a file asks for and the caller did not allow', async () => {
    expect(await bake('open')).toMatchObject({
      code: 1,
      err: expect.stringMatching(
        /target open: the target asks for security\.insecure\nIf you trust the file: --allow=/,
      ),
    });
    expect(await bake('--allow=security.insecure', 'open')).toMatchObject({ code: 0 });
  });

  test('no file, no target, no builder', async () => {
    expect(await machine.proa('buildx', 'bake', '-f', '/nothing.hcl')).toMatchObject({
      code: 1,
      err: expect.stringContaining('read bake file /nothing.hcl'),
    });
    expect(await bake('webb')).toMatchObject({
      code: 1,
      err: expect.stringMatching(/failed to find target webb\nDid you mean web\?/),
    });
    expect(await bake('--builder=none')).toMatchObject({
      code: 1,
      err: expect.stringContaining('no builder "none"'),
    });
  });
});
