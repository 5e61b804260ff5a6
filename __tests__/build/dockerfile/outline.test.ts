import { outlineOf } from '../../../lib/build/dockerfile/outline.ts';
import { parseDockerfile } from '../../../lib/build/dockerfile/parse.ts';
import { Stages } from '../../../lib/build/dockerfile/stages.ts';

const TEXT = `# VERSION of the tools
ARG VERSION=1
ARG UNUSED=2
# tools builds what is needed
FROM alpine:$VERSION AS tools
# FLAGS for make
ARG FLAGS
RUN --mount=type=secret,id=npm --mount=type=ssh make
FROM busybox AS other
ARG OTHER
# Release is what people run
FROM tools AS Release
ARG FLAGS=-O2
RUN --mount=type=secret,id=npm,required=true true
`;

function outline(target?: string) {
  const dockerfile = parseDockerfile(TEXT, 'Dockerfile');
  const names = { base: (stage: { from: { image: string } }) => stage.from.image, isContext: () => false };
  return outlineOf(dockerfile, new Stages(dockerfile.stages, names), target);
}

test('the arguments, secrets and agents of the target and of what it needs', () => {
  const { name, description, args, secrets, ssh } = outline();
  expect({ name, description }).toEqual({ name: 'Release', description: 'is what people run' });
  expect(args.map(({ name: arg, value, description: about }) => [arg, value, about])).toEqual([
    ['VERSION', '1', 'of the tools'],
    ['FLAGS', '-O2', 'for make'],
  ]);
  expect(secrets).toMatchObject([{ id: 'npm', required: true }]);
  expect(ssh).toMatchObject([{ id: 'default', required: false }]);
});

test('another target has its own', () => {
  expect(outline('other')).toMatchObject({
    name: 'other',
    description: '',
    args: [{ name: 'OTHER' }],
    secrets: [],
  });
  expect(() => outline('realese')).toThrow('realese');
});
