import type { Engine } from '../engine.ts';
export async function inRootlessNetwork(
  _engine: Engine,
  _name: string,
  _argument: unknown,
): Promise<unknown> {
  throw new Error('x');
}
export async function endRootlessNetwork(_engine: Engine): Promise<void> {}
