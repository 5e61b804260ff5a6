import { renderImage } from '../../../lib/commands/imagetools/template-view.ts';
import type { InspectedImage, PlatformDetails } from '../../../lib/engine/imagetools/inspect.ts';
import type { Digest } from '../../../lib/oci/model/digest.ts';

const digest = `sha256:${'a'.repeat(64)}` as Digest;
const descriptor = { mediaType: 'application/vnd.oci.image.index.v1+json', digest, size: 9 };

function details(platform: string, statements: PlatformDetails['statements'] = []): PlatformDetails {
  const config = {
    os: 'linux',
    'os.version': '1',
    config: { Labels: { 'a.b': 'c' }, Env: ['X=1'] },
    rootfs: { diff_ids: [digest] },
  };
  return { platform, config, statements };
}

// Only what is shown is needed of the registry.
const image = { descriptor, bytes: Buffer.of() } as unknown as InspectedImage;

const single = (format: string, statements?: PlatformDetails['statements']): string =>
  renderImage(format, 'n', image, [details('linux/amd64', statements)]);

test("members by the names of Go's fields, and keys that people gave as they are", () => {
  expect(single('{{.Image.OS}} {{.Image.OSVersion}} {{.Image.RootFS.DiffIDs}}')).toBe(`linux 1 [${digest}]`);
  expect(single('{{index .Image.Config.Labels "a.b"}} {{.Image.Config.Env}} {{.Manifest.Digest}}')).toBe(
    `c [X=1] ${digest}`,
  );
});

test('json writes documents as they are, indented', () => {
  expect(single('{{json .Manifest}}')).toBe(JSON.stringify(descriptor, null, 2));
  expect(JSON.parse(single('{{json .}}'))).toEqual({
    name: 'n',
    manifest: descriptor,
    image: details('').config,
  });
});

test('several platforms are a map', () => {
  const both = [details('linux/amd64'), details('linux/arm64')];
  expect(renderImage('{{range $p, $i := .Image}}{{$p}}={{$i.OS}} {{end}}', 'n', image, both)).toBe(
    'linux/amd64=linux linux/arm64=linux ',
  );
});

test('statements by their types', () => {
  const statements = [
    { type: 'https://slsa.dev/provenance/v0.2', predicate: { builder: { id: 'x' } } },
    { type: 'https://spdx.dev/Document', predicate: { name: 'one' } },
    { type: 'https://spdx.dev/Document', predicate: { name: 'two' } },
  ];
  expect(single('{{.Provenance.SLSA.Builder.Id}} {{.SBOM.SPDX.Name}}', statements)).toBe('x one');
  expect(JSON.parse(single('{{json .SBOM}}', statements))).toEqual({
    SPDX: { name: 'one' },
    AdditionalSPDXs: [{ name: 'two' }],
  });
  expect(JSON.parse(single('{{json .Provenance}}'))).toEqual({});
});
