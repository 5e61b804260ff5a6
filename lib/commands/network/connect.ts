import { defineCommand } from '../../cli/command.ts';
import { ProaError } from '../../core/error.ts';
import { connectNetwork } from '../../engine/network/connect.ts';
import { parseIp } from '../../netns/ip.ts';
import { parseMacAddress } from '../../netns/links.ts';
import type { NetworkAttachment } from '../../storage/containers.ts';
import { openEngine } from '../context.ts';
import { withExitCode1 } from '../exit-code.ts';

export const command = defineCommand({
  names: ['network connect'],
  summary: 'Connect a container to a network',
  usage: '[OPTIONS] NETWORK CONTAINER',
  description: 'A container that runs is connected at once, any other from its next start on.',
  examples: ['network connect backend web', 'network connect --alias db --ip 10.9.0.5 backend store'],
  options: {
    alias: { type: 'list', metavar: 'NAME', summary: 'Further names in the network' },
    'driver-opt': { type: 'list', metavar: 'KEY=VALUE', summary: 'Options of the driver; it has none' },
    'gw-priority': {
      type: 'int',
      metavar: 'NUMBER',
      summary: 'Refused: the default route is by the network that was connected first',
      hidden: true,
    },
    ip: { type: 'string', metavar: 'IP', summary: 'IPv4 address' },
    ip6: { type: 'string', metavar: 'IP', summary: 'IPv6 address' },
    link: {
      type: 'list',
      metavar: 'CONTAINER[:ALIAS]',
      summary: 'Refused: names need no links',
      hidden: true,
    },
    'link-local-ip': { type: 'list', metavar: 'IP', summary: 'Refused: no further addresses', hidden: true },
    'mac-address': { type: 'string', metavar: 'MAC', summary: 'MAC address' },
  },
  args: { min: 2, max: 2 },
  completeArgs: 'network',
  run: ({ options, args }) =>
    withExitCode1(async () => {
      const refused = (option: string, why: string): ProaError =>
        new ProaError('OPTION_REFUSED', `connect to a network: --${option} cannot be had: ${why}`);
      if (options['driver-opt'].length > 0) throw refused('driver-opt', 'the drivers have no such options');
      if (options.link.length > 0)
        throw refused('link', 'on networks of one’s own names are enough: --alias');
      if (options['link-local-ip'].length > 0)
        throw refused('link-local-ip', 'only --ip and --ip6 are given');
      if (options['gw-priority'] !== undefined)
        throw refused('gw-priority', 'the default route is by the network that was connected first');
      const mac = options['mac-address'];
      const wanted: NetworkAttachment = {
        name: args[0]!,
        ...(options.ip !== undefined && { ip: address(options.ip, 4) }),
        ...(options.ip6 !== undefined && { ip6: address(options.ip6, 16) }),
        ...(mac !== undefined && { mac: parseMacAddress(mac) }),
        ...(options.alias.length > 0 && { aliases: options.alias.flatMap((text) => text.split(',')) }),
      };
      await connectNetwork(openEngine(), args[1]!, wanted);
    }),
});

function address(text: string, bytes: 4 | 16): string {
  const ip = parseIp(text);
  if (ip?.bytes.length === bytes) return ip.text;
  throw new ProaError(
    'INVALID_OPTION',
    `connect to a network: ${text} is no IPv${bytes === 4 ? 4 : 6} address`,
  );
}
