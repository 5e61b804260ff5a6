/** The running systemd, of the system or of a user, by its own programs. */
import { existsSync } from 'node:fs';
import { ProaError } from '../core/error.ts';
import { findProgram, tryFindProgram } from '../core/programs.ts';

/** What systemd knows of a unit; `not-found` when it was not loaded. */
export interface UnitState {
  /** loaded, not-found, masked, bad-setting … */
  load: string;
  /** active, inactive, failed, activating … */
  active: string;
  /** running, dead, exited … */
  sub: string;
  /** What it was made of, '' for a unit that was not generated. */
  source: string;
}

interface Result {
  code: number;
  out: string;
  err: string;
}

export class ServiceManager {
  /** @param user the one that `systemctl --user` reaches */
  constructor(readonly user: boolean) {}

  /** @throws ProaError NO_SYSTEMD, NO_USER_BUS or PROGRAM_MISSING when there is none to talk to */
  requireRunning(): void {
    findProgram('systemctl');
    // sd_booted(3)
    if (!existsSync('/run/systemd/system')) {
      throw new ProaError('NO_SYSTEMD', 'ask systemd: it does not run on this machine', {
        hint: 'It has to be the first process; without it, run -d --restart=always starts containers again',
      });
    }
    if (!this.user) return;
    const folder = process.env.XDG_RUNTIME_DIR ?? '';
    if (folder !== '' && (existsSync(`${folder}/systemd/private`) || existsSync(`${folder}/bus`))) return;
    const name = process.env.USER ?? String(process.geteuid!());
    const why = folder === '' ? 'XDG_RUNTIME_DIR is not set' : `none listens in ${folder}`;
    throw new ProaError('NO_USER_BUS', `ask systemd --user of ${name}: ${why}`, {
      hint:
        `It runs while the user is logged in (su and sudo do not log in), or always after: ` +
        `sudo loginctl enable-linger ${name}\n` +
        `From another user's shell: sudo machinectl shell ${name}@`,
    });
  }

  /** Makes systemd run the generators and read all units again. @throws ProaError SYSTEMD_REFUSED */
  async reload(): Promise<void> {
    await this.do('daemon-reload');
  }

  /** Starts units, and waits until they are up. @throws ProaError SYSTEMD_REFUSED, with what they said themselves */
  async start(...units: string[]): Promise<void> {
    const result = await this.run('start', ...units);
    if (result.code === 0) return;
    const why = await this.lastErrors(units);
    throw refused(
      this.line('start', ...units),
      why === '' ? result : { ...result, err: `${why}\n${result.err}` },
    );
  }

  /** What failed units of ours told the journal, a line each; '' where nobody may read it. */
  private async lastErrors(units: readonly string[]): Promise<string> {
    const program = tryFindProgram('journalctl');
    if (program === undefined) return '';
    const told = await Promise.all(
      units.map(async (unit) => {
        const which = this.user ? ['--user', '--unit'] : ['--unit'];
        const { out } = await execute([program, '--no-pager', '--output=cat', '--lines=20', ...which, unit]);
        return out.split('\n').findLast((line) => line.startsWith('Error: '));
      }),
    );
    return told.flatMap((line) => line?.slice('Error: '.length) ?? []).join('; ');
  }

  /** Units that failed and are gone are not to be listed any more. */
  async forget(...units: string[]): Promise<void> {
    await this.run('reset-failed', ...units);
  }

  /** @throws ProaError SYSTEMD_REFUSED */
  async stop(...units: string[]): Promise<void> {
    await this.do('stop', ...units);
  }

  /** Ends units and starts them, and waits until they are up. @throws ProaError SYSTEMD_REFUSED */
  async restart(...units: string[]): Promise<void> {
    await this.do('restart', ...units);
  }

  /** The state of each unit, by its name. */
  async states(units: readonly string[]): Promise<Map<string, UnitState>> {
    if (units.length === 0) return new Map();
    const result = await this.run(
      'show',
      '--property=LoadState,ActiveState,SubState,SourcePath',
      '--',
      ...units,
    );
    if (result.code !== 0) throw refused(this.line('show'), result);
    const blocks = result.out.trim().split('\n\n');
    return new Map(units.map((unit, at) => [unit, readState(blocks[at] ?? '')]));
  }

  /** Names of running units that match a pattern such as `web@*.service`. */
  async running(pattern: string): Promise<string[]> {
    const { out } = await this.run('list-units', '--plain', '--no-legend', '--state=active', '--', pattern);
    return out.split('\n').flatMap((line) => line.trim().split(/\s+/, 1)[0] || []);
  }

  /** Whether this user's services run without a login: loginctl(1), enable-linger. Undefined where nobody knows. */
  async lingers(): Promise<boolean | undefined> {
    const program = tryFindProgram('loginctl');
    if (program === undefined) return undefined;
    const uid = String(process.geteuid!());
    const { code, out } = await execute([program, 'show-user', '--property=Linger', '--value', uid]);
    return code === 0 ? out.trim() === 'yes' : undefined;
  }

  /** The command line that a person would type. */
  line(...words: string[]): string {
    return ['systemctl', ...(this.user ? ['--user'] : []), ...words].join(' ');
  }

  /** What shows a person why a unit failed. */
  journalLine(unit: string): string {
    return `journalctl ${this.user ? '--user ' : ''}--unit ${unit} --since -5min`;
  }

  private async do(...words: string[]): Promise<void> {
    const result = await this.run(...words);
    if (result.code !== 0) throw refused(this.line(...words), result);
  }

  private run(...words: string[]): Promise<Result> {
    return execute([findProgram('systemctl'), ...(this.user ? ['--user'] : []), '--no-pager', ...words]);
  }
}

function readState(block: string): UnitState {
  const value = (name: string): string => new RegExp(`^${name}=(.*)$`, 'm').exec(block)?.[1] ?? '';
  return {
    load: value('LoadState'),
    active: value('ActiveState'),
    sub: value('SubState'),
    source: value('SourcePath'),
  };
}

async function execute(command: string[]): Promise<Result> {
  const child = Bun.spawn(command, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, LC_ALL: 'C' },
  });
  const [out, err, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { code, out, err };
}

function refused(line: string, { code, err }: Result): ProaError {
  const [why, ...more] = err.trim().split('\n');
  return new ProaError('SYSTEMD_REFUSED', `${line}: ${why || `exit code ${code}`}`, {
    hint: more.join('\n') || undefined,
  });
}
