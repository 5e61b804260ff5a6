// What `alias docker=proa` must not change: a line a test. To add one, add it to a table in lines/.
import { compareWith } from './compare.ts';
import { COPIES } from './lines/copies.ts';
import { ERRORS } from './lines/errors.ts';
import { EXEC } from './lines/exec.ts';
import { FORMATS } from './lines/formats.ts';
import { IMAGES } from './lines/images.ts';
import { LIFE } from './lines/life.ts';
import { LOGS } from './lines/logs.ts';
import { RUN } from './lines/run.ts';
import { VOLUMES } from './lines/volumes.ts';

compareWith('docker', {
  run: RUN,
  exec: EXEC,
  'create, start, stop, kill, rm, wait, rename, pause': LIFE,
  logs: LOGS,
  'inspect and ps': FORMATS,
  'images, tag, rmi, save, history': IMAGES,
  volumes: VOLUMES,
  'cp, diff, commit, export, update': COPIES,
  errors: ERRORS,
});
