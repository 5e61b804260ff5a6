import { defineCommand } from '../../cli/command.ts';
import { ProaError } from '../../core/error.ts';
import { createNetwork } from '../../engine/network/create.ts';
import { parseIp, parseSubnet } from '../../netns/ip.ts';
import { openEngine, print } from '../context.ts';
import { withExitCode1 } from '../exit-code.ts';
import { pairs } from './pairs.ts';

export const command = defineCommand({
  names: ['network create'],
  summary: 'Create a network',
  usage: '[OPTIONS] [NETWORK]',
  description:
    'Prints its id. Containers on it find each other by name. It reaches no other network of containers, unless both have --opt isolate=false.',
  examples: [
    'network create backend',
    'network create --subnet 10.9.0.0/24 --gateway 10.9.0.254 --ipv6 backend',
    'network create --driver macvlan --opt parent=eth0 --subnet 192.0.2.0/24 wire',
  ],
  options: {
    attachable: { type: 'bool', summary: 'Containers may be connected by hand (they always may)' },
    'aux-address': {
      type: 'list',
      metavar: 'NAME=IP',
      summary: 'Addresses of other machines, which no container gets',
    },
    'config-from': { type: 'string', metavar: 'NETWORK', hidden: true, summary: 'Of Docker’s swarm mode' },
    'config-only': { type: 'bool', hidden: true, summary: 'Of Docker’s swarm mode' },
    'disable-dns': { type: 'bool', summary: 'Names are not resolved' },
    dns: {
      type: 'list',
      metavar: 'IP',
      summary: 'Name servers to ask for other names, instead of the host’s',
    },
    driver: {
      short: 'd',
      type: 'string',
      default: 'bridge',
      metavar: 'DRIVER',
      summary: 'bridge, macvlan or ipvlan',
    },
    gateway: { type: 'list', metavar: 'IP', summary: 'Gateway of a subnet (its first address by default)' },
    ignore: { type: 'bool', summary: 'One of that name that is there already is fine' },
    ingress: { type: 'bool', hidden: true, summary: 'Of Docker’s swarm mode' },
    'interface-name': {
      type: 'string',
      metavar: 'NAME',
      summary: 'Name of the bridge, or of the parent interface',
    },
    internal: { type: 'bool', summary: 'No way out' },
    'ip-range': { type: 'list', metavar: 'SUBNET', summary: 'Where containers’ addresses are taken from' },
    'ipam-driver': {
      type: 'string',
      metavar: 'DRIVER',
      summary: 'host-local (default), or none: no addresses',
    },
    'ipam-opt': { type: 'list', metavar: 'KEY=VALUE', summary: 'Options of the address driver; it has none' },
    ipv4: { type: 'bool', default: true, summary: 'Give IPv4 addresses' },
    ipv6: { type: 'bool', summary: 'Give IPv6 addresses too' },
    label: { type: 'list', metavar: 'KEY=VALUE', summary: 'Set labels' },
    opt: {
      short: 'o',
      type: 'list',
      metavar: 'KEY=VALUE',
      summary:
        'Options of the driver: mtu, isolate, vlan, parent, mode, no_default_route, com.docker.network.…',
    },
    route: {
      type: 'list',
      metavar: 'SUBNET,GATEWAY[,METRIC]',
      summary: 'Routes that containers get besides the default one',
    },
    scope: { type: 'string', metavar: 'SCOPE', summary: 'local, which is the only one' },
    subnet: { type: 'list', metavar: 'SUBNET', summary: 'Subnets, IPv4 or IPv6; a free one by default' },
  },
  args: { min: 0, max: 1 },
  run: ({ options, args }) =>
    withExitCode1(async () => {
      for (const option of ['config-only', 'ingress', 'config-from'] as const) {
        if (options[option])
          throw new ProaError(
            'SWARM_ONLY',
            `create network: --${option} is for Docker's swarm mode, which is not here`,
          );
      }
      if (options.scope !== undefined && options.scope !== 'local')
        throw new ProaError(
          'INVALID_OPTION',
          `create network: there is no scope ${options.scope}, only local`,
        );
      const [option] = options['ipam-opt'];
      if (option !== undefined)
        throw new ProaError('INVALID_OPTION', `create network: the address driver has no option ${option}`);
      const { id } = createNetwork(openEngine(), {
        name: args[0] ?? crypto.randomUUID().replaceAll('-', '').slice(0, 12),
        driver: options.driver,
        labels: pairs(options.label),
        options: pairs(options.opt),
        subnets: commaList(options.subnet),
        gateways: commaList(options.gateway),
        ranges: commaList(options['ip-range']),
        reserved: pairs(options['aux-address']),
        ipv6: options.ipv6,
        ipv4: options.ipv4,
        internal: options.internal,
        attachable: options.attachable,
        dns: !options['disable-dns'],
        dnsServers: commaList(options.dns).map(server),
        interfaceName: options['interface-name'],
        routes: options.route.map(route),
        ipamDriver: options['ipam-driver'],
        ipamOptions: {},
        ignore: options.ignore,
      });
      await print(`${id}\n`);
    }),
});

/** Docker takes several after one option, with commas between. */
function commaList(texts: readonly string[]): string[] {
  return texts.flatMap((text) => text.split(',')).filter((text) => text !== '');
}

function server(text: string): string {
  const ip = parseIp(text);
  if (ip !== undefined) return ip.text;
  throw new ProaError('INVALID_OPTION', `create network: name server ${text} is no address`);
}

function route(text: string): { destination: string; gateway: string; metric?: number } {
  const [destination = '', gateway = '', metric, ...more] = text.split(',');
  const valid =
    parseSubnet(destination) !== undefined &&
    parseIp(gateway) !== undefined &&
    more.length === 0 &&
    (metric === undefined || /^\d{1,9}$/.test(metric));
  if (!valid)
    throw new ProaError('INVALID_OPTION', `create network: route ${text} is not SUBNET,GATEWAY[,METRIC]`);
  return { destination, gateway, ...(metric !== undefined && { metric: Number(metric) }) };
}
