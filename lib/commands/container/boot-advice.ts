/** Says, once, that nothing would start a container again after a reboot. */
import type { Engine } from '../../engine/engine.ts';
import type { ContainerConfig } from '../../storage/containers.ts';
import { warn } from '../context.ts';

/** Loads nothing for a container without such a policy. */
export async function tellOfBoot(
  engine: Engine,
  { restart }: Pick<ContainerConfig, 'restart'>,
): Promise<void> {
  if (restart.name !== 'always' && restart.name !== 'unless-stopped') return;
  const { adviseOnBoot } = await import('../../engine/container/boot-advice.ts');
  const advice = adviseOnBoot(engine);
  if (advice !== undefined) warn(advice);
}
