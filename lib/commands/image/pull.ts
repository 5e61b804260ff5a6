import { defineCommand, type Options } from '../../cli/command.ts';
import { renderError } from '../../cli/error-text.ts';
import { ProaError } from '../../core/error.ts';
import type { Engine } from '../../engine/engine.ts';
import { pullImage } from '../../engine/image/pull.ts';
import { type PullPolicy, resolveOrPull } from '../../engine/image/resolve.ts';
import { pullAny, resolveName } from '../../engine/image/short-name.ts';
import { parseTransport, pullTransport } from '../../engine/image/transport.ts';
import { digestHex } from '../../oci/model/digest.ts';
import type { Platform } from '../../oci/model/platform.ts';
import { formatReference, parseReference, type Reference } from '../../oci/model/reference.ts';
import type { RegistryOptions } from '../../oci/registry/client.ts';
import { openEngineForImages, print, warn } from '../context.ts';
import { withExitCode1 } from '../exit-code.ts';
import { isDebug } from '../globals.ts';
import { chooseName } from './choose-name.ts';
import { PullOutput } from './pull-output.ts';
import {
  platformOptions,
  readPlatformOptions,
  readRegistryOptions,
  registryOptions,
  trustOptions,
} from './registry-options.ts';

const STDOUT = 1;
const STDERR = 2;

const pullOptions = {
  'all-tags': { short: 'a', type: 'bool', summary: 'Download all tags of the repository' },
  policy: {
    type: 'string',
    default: 'always',
    choices: ['always', 'missing', 'never', 'newer'],
    summary: 'When to ask the registry',
  },
  quiet: { short: 'q', type: 'bool', summary: "Print only the image's id" },
  ...platformOptions,
  ...registryOptions,
  ...trustOptions,
} as const;

export const command = defineCommand({
  names: ['pull', 'image pull'],
  summary: 'Download an image from a registry',
  usage: '[OPTIONS] NAME[:TAG|@DIGEST] [NAME...]',
  description:
    'Downloads images and unpacks them. Every byte is verified before an image is visible, and so are its signatures where policy.json asks for them; a pull that breaks off goes on where it was. NAME may also be oci:DIR[:TAG], oci-archive:FILE, docker-archive:FILE[:NAME], dir:DIR or docker-daemon:NAME.',
  examples: [
    'pull busybox',
    'pull --platform linux/arm64 quay.io/team/app:1.0',
    'pull -q 127.0.0.1:5000/app',
  ],
  options: pullOptions,
  args: { min: 1 },
  completeArgs: 'image',
  run: ({ options, args }) => withExitCode1(() => pullAll(options, args)),
});

interface Job {
  engine: Engine;
  platform: Platform | undefined;
  registry: RegistryOptions;
  policyFile: string | undefined;
  quiet: boolean;
  policy: PullPolicy;
}

/** One name after the other: each uses all of the connection. A failure does not keep the next ones. */
async function pullAll(options: Options<typeof pullOptions>, args: readonly string[]): Promise<number> {
  const { quiet, policy, 'all-tags': all } = options;
  const job: Job = {
    platform: readPlatformOptions(options),
    registry: readRegistryOptions(options),
    policyFile: options['signature-policy'],
    engine: openEngineForImages(),
    quiet,
    policy: policy as PullPolicy,
  };
  const named = args.map((name) => name.replace(/^docker:\/\//, ''));
  const names = all ? await everyTag(named, job.registry) : named;
  // Said before anything is asked for.
  for (const name of names) if (parseTransport(name, { exists: true }) === undefined) parseReference(name);
  if (names.length === 1) await pullOne(job, names[0]!);
  if (names.length <= 1) return 0;
  let code = 0;
  for (const name of names) {
    try {
      await pullOne(job, name);
    } catch (error) {
      if (!(error instanceof ProaError)) throw error;
      process.stderr.write(renderError(error, { debug: isDebug() }));
      code = 1;
    }
  }
  return code;
}

async function pullOne(job: Job, name: string): Promise<void> {
  const { engine, platform, registry, policyFile, quiet, policy } = job;
  const place = parseTransport(name, { exists: true });
  if (place !== undefined) {
    const image = await pullTransport(engine, place, { platform, policyFile });
    return await print(`${digestHex(image.id)}\n`);
  }
  const dialog = { choose: chooseName, ...(!quiet && { tell: warn }) };
  if (policy !== 'always') {
    const onPull = async (reference: Reference) => new PullOutput(reference, STDERR);
    const asked = { platform, registry, policyFile, dialog, ...(!quiet && { onPull }) };
    const image = await resolveOrPull(engine, name, policy, asked);
    return await print(`${digestHex(image.id)}\n`);
  }
  const { tag, digest } = parseReference(name, { defaultTag: false });
  if (!quiet && tag === undefined && digest === undefined) await print(`Using default tag: latest\n`);
  await pullAny(await resolveName(name), dialog, async (reference, shortName) => {
    const said = shortName !== undefined && { shortName };
    const request = { reference, platform, registry, policyFile, ...said };
    if (quiet) {
      const { image } = await pullImage(engine, request);
      return await print(`${digestHex(image.id)}\n`);
    }
    using output = new PullOutput(reference, STDOUT);
    await output.end(await pullImage(engine, { ...request, onEvent: (event) => output.event(event) }));
  });
}

/** The names with each tag that the registry has. */
async function everyTag(names: readonly string[], registry: RegistryOptions): Promise<string[]> {
  const { repositoryTags } = await import('../../engine/image/search.ts');
  const lists = names.map(async (text) => {
    const reference = parseReference(text, { defaultTag: false });
    if (reference.tag !== undefined || reference.digest !== undefined)
      throw new ProaError('BAD_ARGUMENTS', "tag can't be used with --all-tags/-a");
    const tags = await repositoryTags(reference, registry);
    return tags.map((tag) => formatReference({ ...reference, tag }));
  });
  return (await Promise.all(lists)).flat();
}
