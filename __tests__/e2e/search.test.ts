// `search`: a registry with a search of its own (as Docker Hub has), a registry with a catalog in pages, and a search list.
import { writeFileSync } from 'node:fs';
import { describeAs } from './support/machine.ts';
import { freePort, json, serve } from './support/registry.ts';

const RESULTS = [
  {
    name: 'web',
    description: `A web server. ${'It serves. '.repeat(6)}`,
    star_count: 1900,
    is_official: true,
  },
  { name: 'team/web', description: 'Ours', star_count: 12, is_official: false, is_automated: true },
  { name: 'other/web', description: '', star_count: 0, is_official: false },
];

describeAs('root', (machine) => {
  let hub: Awaited<ReturnType<typeof serve>>;
  let catalog: Awaited<ReturnType<typeof serve>>;
  const names = Array.from({ length: 60 }, (_, i) => `lib/app${i}`);
  beforeAll(async () => {
    hub = await serve((request, response) => {
      const url = new URL(request.url!, 'http://hub');
      if (url.pathname !== '/v1/search') return json(response, 404, {});
      json(response, 200, { results: RESULTS.slice(0, Number(url.searchParams.get('n'))) });
    });
    // Twenty a page, and a relative link to the next.
    catalog = await serve((request, response) => {
      const url = new URL(request.url!, 'http://catalog');
      const from = Number(url.searchParams.get('last') ?? 0);
      const member = url.pathname === '/v2/_catalog' ? 'repositories' : 'tags';
      if (url.pathname !== '/v2/_catalog' && !url.pathname.endsWith('/tags/list'))
        return json(response, 404, {});
      const next = `<${url.pathname}?last=${from + 20}>; rel="next"`;
      json(response, 200, { [member]: names.slice(from, from + 20) }, from < 40 ? { link: next } : {});
    });
  });
  afterAll(async () => {
    await hub[Symbol.asyncDispose]();
    await catalog[Symbol.asyncDispose]();
  });

  const rows = async (...words: string[]) =>
    (await machine.ok('search', '--format={{.Name}}', ...words)).split('\n');

  test('what a registry finds, as Docker shows it', async () => {
    const lines = (await machine.ok('search', `${hub.host}/web`)).split('\n');
    expect(lines[0]).toMatch(/^NAME +DESCRIPTION +STARS +OFFICIAL *$/);
    expect(lines[1]).toMatch(new RegExp(`^${hub.host}/web +A web server\\. .{30}… +1900 +\\[OK\\] *$`));
    const full = await machine.ok('search', '--no-trunc', '--compatible', `${hub.host}/web`);
    expect(full.split('\n')[0]).toMatch(/OFFICIAL +AUTOMATED *$/);
    expect(full).toContain('It serves. '.repeat(6).trim());
    expect(
      JSON.parse((await machine.ok('search', '--format=json', `${hub.host}/web`)).split('\n')[1]!),
    ).toMatchObject({
      Index: hub.host,
      Name: `${hub.host}/team/web`,
      Stars: 12,
    });
  });

  test.each([
    [['--filter=stars=12'], ['web', 'team/web']],
    [['--filter=is-official=true'], ['web']],
    [['-f', 'is-official=false', '-f', 'stars=1'], ['team/web']],
    [['--filter=is-automated=true'], ['team/web']],
    [['--limit=1'], ['web']],
  ])('%j', async (options, expected) => {
    expect(await rows(...options, `${hub.host}/web`)).toEqual(expected.map((name) => `${hub.host}/${name}`));
  });

  test.each([
    ['--filter=foo=1', "Invalid filter 'foo'"],
    ['--filter=stars=many', "Invalid filter 'stars=many'"],
    ['--filter=is-official=maybe', "Invalid filter 'is-official=maybe'"],
  ])('%s is refused', async (option, says) => {
    const { code, err } = await machine.proa('search', option, `${hub.host}/web`);
    expect({ code, err }).toEqual({ code: 1, err: expect.stringContaining(says) });
  });

  test('a registry without a search is asked for its catalog, page by page', async () => {
    expect(await rows('--limit=100', `${catalog.host}/`)).toHaveLength(60);
    expect(await rows(`${catalog.host}/app`)).toHaveLength(25);
    expect(await rows(`${catalog.host}/app5`)).toHaveLength(11);
    expect(await machine.proa('search', '--format={{.Name}}', `${catalog.host}/none`)).toEqual({
      code: 0,
      out: '',
      err: '',
    });
  });

  test('tags', async () => {
    const listed = await machine.ok('search', '--list-tags', '--limit=50', `${catalog.host}/app`);
    expect(listed.split('\n')[0]).toMatch(/^NAME +TAG *$/);
    expect(listed.split('\n')).toHaveLength(51);
    const [only] = JSON.parse(
      await machine.ok('search', '--list-tags', '--limit=2', '--format=json', `${catalog.host}/app`),
    );
    expect(only).toEqual({ Name: `${catalog.host}/app`, Tags: names.slice(0, 2) });
    expect(await machine.proa('search', '--list-tags', '-f', 'stars=1', `${catalog.host}/app`)).toMatchObject(
      {
        code: 1,
        err: expect.stringContaining('filters are not applicable'),
      },
    );
  });

  test('without a registry: those of the search list; one that is down is told', async () => {
    const file = `${machine.folder}/search.conf`;
    const down = `127.0.0.1:${await freePort()}`;
    const search = (list: string[]) => {
      writeFileSync(file, `unqualified-search-registries = ${JSON.stringify(list)}`);
      const env = { CONTAINERS_REGISTRIES_CONF: file };
      return machine.proaWith({ env }, 'search', '--retry=0', '--limit=2', '--format={{.Name}}', 'app');
    };
    expect(await search([down, catalog.host])).toEqual({
      code: 0,
      out: `${catalog.host}/lib/app0\n${catalog.host}/lib/app1\n`,
      err: expect.stringMatching(new RegExp(`^Warning: .*${down}.*connection refused`)),
    });
    expect(await search([down])).toMatchObject({ code: 1, out: '' });
  });
});
