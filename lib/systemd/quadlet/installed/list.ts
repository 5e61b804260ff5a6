/** The Quadlet files that are there, with what systemd makes of them. */
import { dirname } from 'node:path/posix';
import { splitInstance } from '../../unit-file/unit-name.ts';
import { stemOf } from '../kinds.ts';
import { loadUnits } from '../load.ts';
import type { Problem } from '../problem.ts';
import { given } from '../rules.ts';
import { type QuadletUnit, serviceOf } from '../unit.ts';
import { applicationsIn } from './application.ts';
import type { Places } from './places.ts';

export interface InstalledQuadlet {
  name: string;
  /** `foo.service` */
  service: string;
  path: string;
  /** `active/running`, `Not loaded`, `loaded template`, or `unknown` where no systemd answers. */
  status: string;
  application: string;
  /** The .pod file that a container belongs to. */
  pod: string;
}

/** @param problems gets what cannot be read */
export async function listInstalled(places: Places, problems: Problem[]): Promise<InstalledQuadlet[]> {
  const units = [...loadUnits(places.folders, problems).values()];
  const status = await statusOf(places, units);
  const applications = new Map<string, string>();
  for (const folder of places.folders) {
    for (const { application, files } of applicationsIn(folder))
      for (const file of files) applications.set(`${folder}/${file}`, application!);
  }
  return units.map((unit) => ({
    name: unit.name,
    service: `${serviceOf(unit)}.service`,
    path: unit.path,
    status: status(unit),
    application: applications.get(`${dirname(unit.path)}/${unit.name}`) ?? '',
    pod: unit.kind === 'container' ? (given(unit, 'Pod')?.text ?? '') : '',
  }));
}

/** systemd is asked once for all of them. */
async function statusOf(
  { manager }: Places,
  units: readonly QuadletUnit[],
): Promise<(unit: QuadletUnit) => string> {
  try {
    manager.requireRunning();
  } catch {
    return () => 'unknown'; // the list is useful without
  }
  const names = units.filter((unit) => !isTemplate(unit)).map((unit) => `${serviceOf(unit)}.service`);
  const states = await manager.states(names);
  return (unit) => {
    if (isTemplate(unit)) return 'loaded template';
    const state = states.get(`${serviceOf(unit)}.service`)!;
    return state.load === 'not-found' ? 'Not loaded' : `${state.active}/${state.sub}`;
  };
}

export function isTemplate(unit: QuadletUnit): boolean {
  return splitInstance(stemOf(unit.name)).instance === '';
}
