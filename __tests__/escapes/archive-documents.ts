import { archive, link, symlink } from '../storage/tar/support/archive.ts';
import { defineEscape } from './support/escape.ts';

export const attempt = defineEscape(
  "CVE-2014-9356, CVE-2014-9358: a saved image's documents that name other files",
  ['root'],
  (stage) => {
    test('names are those of the archive alone', async () => {
      const { machine } = stage;
      const manifest = (config: string, layer: string) => ({
        name: 'manifest.json',
        content: JSON.stringify([{ Config: config, RepoTags: ['x:latest'], Layers: [layer] }]),
      });
      const layer = { name: 'l.tar', content: archive({ name: 'f' }) };
      for (const members of [
        [manifest(stage.secret, 'l.tar'), layer],
        [manifest(`../../../../../..${stage.secret}`, 'l.tar'), layer],
        [manifest('c.json', 'l.tar'), layer, symlink('c.json', stage.secret)],
        [manifest('c.json', 'l.tar'), layer, link('c.json', stage.secret)],
        [manifest('c.json', 'l.tar'), layer, symlink('c.json', 'd.json'), symlink('d.json', 'c.json')],
        [symlink('manifest.json', stage.secret), layer],
        [
          {
            name: 'index.json',
            content:
              '{"schemaVersion":2,"manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"sha256:../../../../../etc/passwd","size":3}]}',
          },
          { name: 'oci-layout', content: '{"imageLayoutVersion":"1.0.0"}' },
        ],
      ]) {
        const { code, out, err } = await machine.proaWith(
          { stdin: new Uint8Array(archive(...members)) },
          'load',
        );
        expect({ code: code !== 0, out, err }).toEqual({
          code: true,
          out: '',
          err: expect.stringMatching(/^Error: (?!internal)/),
        });
        expect(err).not.toContain('of the host');
      }
    });

    test('CVE-2014-6408: names of images in it are names, and 2021-41190: a document is of one kind', async () => {
      const { machine } = stage;
      const { bytes } = stage.archive([]);
      const text = Buffer.from(bytes);
      const evil = Buffer.from(
        text.toString('latin1').replace(/hostile-(\d+):latest"/, '../../x$1:late"   '),
        'latin1',
      );
      const { code } = await machine.proaWith({ stdin: new Uint8Array(evil) }, 'load', '-q');
      expect(code).not.toBe(0);
      expect(await machine.ok('images', '--format', '{{.Repository}}')).not.toContain('..');
    });
  },
);
