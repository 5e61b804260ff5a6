import { checkWorkingFolder } from '../../../lib/engine/container/working-folder.ts';

test.each([
  ['/proc/self/fd/7', true],
  ['//proc//1//cwd', true],
  ['/proc/thread-self/root/etc', true],
  ['/proc/12/task/12/fd/3/..', true],
  ['/proc/self/map_files', true],
  ['/proc', false],
  ['/proc/self', false],
  ['/proc/self/fdinfo', false],
  ['/srv/proc/self/fd', false],
])('a working folder %s: refused %j', (folder, refused) => {
  const check = (): void => checkWorkingFolder(folder);
  if (refused) expect(check).toThrow(expect.objectContaining({ code: 'INVALID_WORKDIR' }));
  else check();
});
