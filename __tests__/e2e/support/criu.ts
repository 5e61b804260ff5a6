/**
 * criu itself runs on few test machines: a runtime stands in that does what runc does but for criu's part. A checkpoint ends
 * the process there, and a restore starts another one. The words of the last ones are in `IMAGES/words` and
 * `RUNTIME.restored`; a file `RUNTIME.fails` makes checkpoints fail.
 */
import { chmodSync, writeFileSync } from 'node:fs';

const STAND_IN = `#!/bin/sh
globals=
while [ "\${1#--}" != "$1" ]; do globals="$globals $1"; shift; done
verb=$1; shift
case $verb in
checkpoint)
  for word; do
    case $word in --image-path=*) images=\${word#*=};; --leave-running) stays=1;; esac
    id=$word
  done
  echo "$*" > "$images/words"; echo log > "$images/dump.log"
  [ -e "$0.fails" ] && { echo "1: Error (criu/x.c:1): no luck" > "$images/dump.log"; exit 1; }
  [ -n "$stays" ] || exec runc $globals kill "$id" KILL ;;
restore)
  echo "$*" > "$0.restored"
  for word; do
    case $last in --bundle) bundle=$word;; --pid-file) pidfile=$word;; --image-path) images=$word;; esac
    last=$word
  done
  [ -e "$images/words" ] || { echo "no images in $images" >&2; exit 1; }
  exec runc $globals run --detach --bundle "$bundle" --pid-file "$pidfile" "$last" ;;
*) exec runc $globals $verb "$@" ;;
esac
`;

/** Why such tests cannot run here. */
export const whyNoCriu = ['criu', 'runc']
  .filter((name) => Bun.which(name) === null)
  .map((name) => `${name} is not installed`)[0];

/** Writes the runtime into the folder. @returns its path */
export function writeStandIn(folder: string): string {
  const runtime = `${folder}/runc-stand-in`;
  writeFileSync(runtime, STAND_IN);
  chmodSync(runtime, 0o755);
  return runtime;
}
