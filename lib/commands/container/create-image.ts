/** The image of `run` and `create`. */
import type { Options } from '../../cli/command.ts';
import { ProaError } from '../../core/error.ts';
import type { CreateRequest } from '../../engine/container/create.ts';
import type { Engine } from '../../engine/engine.ts';
import { type PullPolicy, resolveOrPull } from '../../engine/image/resolve.ts';
import { warn } from '../context.ts';
import { chooseName } from '../image/choose-name.ts';
import { readPlatformOptions, readRegistryOptions } from '../image/registry-options.ts';
import type { imageOptions } from './options/image.ts';

interface Call {
  args: string[];
  options: Options<typeof imageOptions> & { rootfs: boolean };
}

/** Finds the image of the first argument, pulling it by the --pull policy. Undefined with --rootfs. */
export async function resolveCreateImage(engine: Engine, call: Call): Promise<CreateRequest['image']> {
  const [name] = call.args;
  if (call.options.rootfs) return undefined;
  if (name === undefined || name === '')
    throw new ProaError('INVALID_REFERENCE', 'use image "": the name is empty');
  const policy = call.options.pull as PullPolicy;
  const record = await resolveOrPull(engine, name, policy, {
    platform: readPlatformOptions(call.options),
    registry: readRegistryOptions(call.options),
    policyFile: call.options['signature-policy'],
    dialog: { choose: chooseName, ...(call.options.quiet ? {} : { tell: warn }) },
    onPull: call.options.quiet
      ? undefined
      : async (...pull) => (await import('../image/pull-output.ts')).pullOutputOnStderr(...pull),
  });
  return { record, name };
}
