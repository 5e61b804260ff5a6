/**
 * A container with a restart policy comes back after a reboot only if something starts it then: proa-restart.service, which
 * scripts/install places. Where nothing would, the person is told, once for each store.
 */
import { existsSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { hasCode } from '../../core/error.ts';
import { userName } from '../../rootless/subordinate-ids.ts';
import { defaultPlaces, type Store } from '../../storage/store.ts';
import type { Engine } from '../engine.ts';

const UNIT = 'proa-restart.service';

/** Where systemd looks for units that packages and scripts/install place (systemd.unit(5)). */
const PACKAGED = ['/usr/local/lib/systemd', '/usr/lib/systemd', '/lib/systemd', '/etc/systemd'];
const TARGETS = ['default.target', 'multi-user.target'];

/** What a boot of this machine would do. */
export interface BootHost {
  /** Does systemd run? */
  systemd: boolean;
  /** Is the unit anywhere where systemd looks? */
  installed: boolean;
  enabled: boolean;
  /** A user's services start at boot (loginctl(1), enable-linger); for root always. */
  lingers: boolean;
  /** Of the user; undefined for root. */
  user?: string;
  /** The store is where the unit's `proa start` looks. */
  usual: boolean;
}

/**
 * What to tell a person who gave a container a restart policy; undefined when a boot starts it, or when they were told.
 * Remembered in ROOT/told/.
 */
export function adviseOnBoot(engine: Engine): string | undefined {
  const { store } = engine;
  // A unit of systemd runs us, which starts the container at boot itself.
  if (process.env.PODMAN_SYSTEMD_UNIT) return undefined;
  const mark = `${store.root}/told/restart-at-boot`;
  if (existsSync(mark)) return undefined;
  const advice = bootAdvice(lookAtBoot(engine));
  if (advice !== undefined) remember(mark);
  return advice;
}

/** Pure: the advice that follows from what is there. */
export function bootAdvice(host: BootHost): string | undefined {
  const { systemd, installed, enabled, lingers, user, usual } = host;
  const what = 'After a reboot nothing starts containers with a restart policy here';
  const start = 'proa start --all --filter should-start-on-boot=true';
  if (!usual) return `${what}: ${UNIT} starts those of the default --root only. Let the boot run: ${start}`;
  if (!systemd) return `${what}: systemd does not run on this machine. Let its boot run: ${start}`;
  if (enabled && lingers) return undefined;
  const cures = [
    ...(user !== undefined && !lingers ? [`sudo loginctl enable-linger ${user}`] : []),
    ...(installed ? [] : ['sudo scripts/install (from the source of Proa: it places the unit)']),
    ...(enabled
      ? []
      : [user === undefined ? `sudo systemctl enable ${UNIT}` : `systemctl --user enable ${UNIT}`]),
  ];
  const why = enabled ? `services of ${user} start when they log in` : `${UNIT} is not enabled`;
  return `${what}: ${why}. To change that: ${cures.join('; ')}`;
}

function lookAtBoot({ store, identity }: Engine): BootHost {
  const { rootless, uid } = identity;
  const kind = rootless ? 'user' : 'system';
  const user = rootless ? (userName(uid) ?? String(uid)) : undefined;
  const config = process.env.XDG_CONFIG_HOME ?? `${process.env.HOME ?? homedir()}/.config`;
  const wanting = [`/etc/systemd/${kind}`, ...(rootless ? [`${config}/systemd/user`] : [])];
  return {
    systemd: existsSync('/run/systemd/system'),
    installed: PACKAGED.some((folder) => existsSync(`${folder}/${kind}/${UNIT}`)),
    enabled: wanting.some((folder) =>
      TARGETS.some((target) => existsSync(`${folder}/${target}.wants/${UNIT}`)),
    ),
    lingers: user === undefined || existsSync(`/var/lib/systemd/linger/${user}`),
    ...(user !== undefined && { user }),
    usual: isUsual(store, identity),
  };
}

function isUsual(store: Store, identity: Engine['identity']): boolean {
  const places = defaultPlaces(identity);
  return store.root === places.root && store.runRoot === places.runRoot;
}

function remember(mark: string): void {
  try {
    writeFileSync(mark, '');
  } catch (error) {
    // Said again next time: a disk that is full is no reason not to start a container.
    if (!hasCode(error, 'ENOSPC') && !hasCode(error, 'EROFS')) throw error;
  }
}
