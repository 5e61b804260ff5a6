// biome-ignore-all lint/suspicious/noTemplateCurlyInString: they are the Dockerfile's own
import type { BuildCase } from './case.ts';

const from = (...lines: string[]): string => `FROM @{base}\nENV CASE=@{case}\n${lines.join('\n')}\n`;
const MARK = 'RUN cat /proc/sys/kernel/random/uuid > /id';

/** What buildah knows and the classic builder does not. */
export const BUILDAH: readonly BuildCase[] = [
  { name: 'COPY --chmod', files: { x: 'x', 'p/y': 'y' }, dockerfile: from('COPY --chmod=750 x p /d/') },
  { name: 'a source with .. stays in the context', files: { x: 'x' }, dockerfile: from('COPY ../x /x') },
  {
    name: 'a source with many .. stays in the context',
    files: { 'p/x': 'x' },
    dockerfile: from('COPY ../../../../p/x /x'),
  },
  {
    name: '--target by number',
    dockerfile: 'FROM @{base}\nRUN echo a > /a\nFROM @{base}\nRUN echo b > /b\n',
    options: ['--target', '0'],
  },
  { name: 'FROM scratch with labels alone', dockerfile: 'FROM scratch\nLABEL a=b\n' },
  { name: '--chown with a name alone', files: { x: 'x' }, dockerfile: from('COPY --chown=app x /d/') },
  { name: 'ADD --chmod', files: { x: 'x' }, dockerfile: from('ADD --chmod=4711 x /d/') },
  {
    name: '--mount=type=bind',
    files: { 'p/x': 'x' },
    dockerfile: from('RUN --mount=type=bind,source=p,target=/m cat /m/x > /y'),
  },
  {
    name: '--mount=type=bind, the default',
    files: { 'p/x': 'x' },
    dockerfile: from('RUN --mount=target=/m cat /m/p/x > /y'),
  },
  {
    name: '--mount=type=bind of a stage',
    dockerfile: `FROM @{base} AS s\nRUN echo s > /s\n${from('RUN --mount=type=bind,from=s,target=/m cat /m/s > /y')}`,
  },
  {
    name: '--mount=type=bind is read-only',
    files: { x: 'x' },
    dockerfile: from('RUN --mount=type=bind,target=/m if touch /m/x; then echo w; else echo r; fi > /y'),
  },
  {
    name: '--mount=type=tmpfs',
    dockerfile: from('RUN --mount=type=tmpfs,target=/m echo x > /m/x && cat /m/x > /y'),
  },
  {
    name: '--mount=type=cache',
    dockerfile: from('RUN --mount=type=cache,target=/c echo x > /c/x && cat /c/x > /y'),
  },
  {
    name: '--mount=type=cache with owner and mode',
    dockerfile: from('RUN --mount=type=cache,target=/c,uid=5,gid=6,mode=0711 stat -c "%u %g %a" /c > /y'),
  },
  {
    name: '--mount=type=secret',
    files: { s: 'hidden\n' },
    dockerfile: from('RUN --mount=type=secret,id=s cat /run/secrets/s > /y'),
    options: ['--secret', 'id=s,src=@{folder}/context/s'],
  },
  {
    name: '--mount=type=secret with a target and a mode',
    files: { s: 'hidden\n' },
    dockerfile: from('RUN --mount=type=secret,id=s,target=/t,mode=0444,uid=5 stat -c "%u %g %a" /t > /y'),
    options: ['--secret', 'id=s,src=@{folder}/context/s'],
  },
  {
    name: '--mount=type=secret that is required',
    dockerfile: from('RUN --mount=type=secret,id=s,required=true true'),
    fails: true,
  },
  {
    name: '--mount=type=secret that is not there',
    dockerfile: from('RUN --mount=type=secret,id=s ls /run/secrets > /y 2>/dev/null || true'),
  },
  {
    name: '--mount of an unknown type',
    dockerfile: from('RUN --mount=type=what,target=/m true'),
    fails: true,
  },
  {
    name: '--mount with an unknown option',
    dockerfile: from('RUN --mount=type=cache,target=/m,what=x true'),
    fails: true,
  },
  {
    name: 'TARGETPLATFORM and its like',
    dockerfile: from(
      'ARG TARGETPLATFORM TARGETOS TARGETARCH',
      'RUN echo $TARGETPLATFORM $TARGETOS $TARGETARCH > /x',
    ),
  },
  { name: 'expansion with :-', dockerfile: from('ENV V=v', 'LABEL l=${U:-d} m=${V:+w}') },
  {
    name: '--build-context',
    files: { 'other/x': 'x' },
    dockerfile: from('COPY --from=more /x /y'),
    options: ['--build-context', 'more=@{folder}/context/other'],
  },
  {
    name: '--timestamp',
    files: { x: 'x' },
    dockerfile: from('COPY x /x'),
    options: ['--timestamp', '86400'],
  },
  {
    name: '--squash',
    dockerfile: from('RUN echo x > /x', 'RUN rm /x && echo y > /y'),
    options: ['--squash'],
  },
  {
    name: '--squash-all',
    dockerfile: from('RUN echo x > /x', 'RUN rm /x && echo y > /y'),
    options: ['--squash-all'],
  },
  {
    name: '--layers=false',
    dockerfile: from('RUN echo x > /x', 'RUN echo y > /y'),
    options: ['--layers=false'],
  },
  {
    name: '--volume',
    files: { 'v/x': 'x' },
    dockerfile: from('RUN cat /v/x > /y'),
    options: ['--volume', '@{folder}/context/v:/v:ro'],
  },
  {
    name: '--ignorefile',
    files: { a: '1', b: '2', ig: 'a\n' },
    dockerfile: from('COPY . /d'),
    options: ['--ignorefile', '@{folder}/context/ig'],
  },
  {
    name: '--env of no Dockerfile',
    dockerfile: from('RUN echo $A > /x'),
    options: ['--env', 'A=b'],
    but: ['Env'],
    why: 'the order of the names',
  },
  {
    name: '--unsetenv',
    others: { on: from('ENV A=b') },
    dockerfile: 'FROM @{on}\nLABEL a=b\n',
    options: ['--unsetenv', 'A'],
  },
  { name: 'cache: nothing changed', dockerfile: from(MARK), options: ['--layers'], again: [{}] },
  {
    name: 'cache: a mounted file is new',
    files: { x: '1' },
    dockerfile: from(`RUN --mount=type=bind,source=x,target=/m ${MARK.slice(4)}`),
    options: ['--layers'],
    again: [{}, { files: { x: '2' } }],
    but: ['since'],
    why: 'buildah does not look at what it mounts',
  },
];
