import { defineCommand } from '../../cli/command.ts';
import { ProaError } from '../../core/error.ts';
import { pullImage } from '../../engine/image/pull.ts';
import { parseTransport, pullTransport } from '../../engine/image/transport.ts';
import { digestHex } from '../../oci/model/digest.ts';
import { formatReference, parseReference } from '../../oci/model/reference.ts';
import type { RegistryOptions } from '../../oci/registry/client.ts';
import { openEngineForImages, print } from '../context.ts';
import { withExitCode1 } from '../exit-code.ts';
import { PullOutput } from './pull-output.ts';
import {
  platformOptions,
  readPlatformOptions,
  readRegistryOptions,
  registryOptions,
  trustOptions,
} from './registry-options.ts';

const STDOUT = 1;

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
  options: {
    'all-tags': { short: 'a', type: 'bool', summary: 'Download all tags of the repository' },
    quiet: { short: 'q', type: 'bool', summary: "Print only the image's id" },
    ...platformOptions,
    ...registryOptions,
    ...trustOptions,
  },
  args: { min: 1 },
  completeArgs: 'image',
  run: ({ options, args }) =>
    withExitCode1(async () => {
      const platform = readPlatformOptions(options);
      const registry = readRegistryOptions(options);
      const policyFile = options['signature-policy'];
      const engine = openEngineForImages();
      const names: string[] = [];
      for (const text of args.map((name) => name.replace(/^docker:\/\//, ''))) {
        const place = parseTransport(text, { exists: true });
        if (place === undefined) names.push(text);
        else await print(`${digestHex((await pullTransport(engine, place, { platform, policyFile })).id)}\n`);
      }
      const wanted = options['all-tags'] ? await everyTag(names, registry) : names;
      const references = wanted.map((text) => parseReference(text));
      for (const [i, reference] of references.entries()) {
        if (options.quiet) {
          const { image } = await pullImage(engine, { reference, platform, registry, policyFile });
          await print(`${digestHex(image.id)}\n`);
          continue;
        }
        const saidTag = parseReference(wanted[i]!, { defaultTag: false });
        if (saidTag.tag === undefined && saidTag.digest === undefined)
          await print(`Using default tag: latest\n`);
        using output = new PullOutput(reference, STDOUT);
        const onEvent: Parameters<typeof pullImage>[1]['onEvent'] = (event) => output.event(event);
        await output.end(await pullImage(engine, { reference, platform, registry, policyFile, onEvent }));
      }
    }),
});

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
