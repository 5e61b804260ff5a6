/** `.network`: a network that is made when something needs it, `proa network create`. */
import { addCommand, type Conversion, proa, runsOnce } from '../conversion.ts';
import { valueError } from '../problem.ts';
import {
  allGiven,
  allWords,
  each,
  flag,
  isOn,
  last,
  optionsOf,
  own,
  pairs,
  type RuleTable,
} from '../rules.ts';
import { rawResourceOf } from '../unit.ts';

export const NETWORK_RULES: RuleTable = {
  NetworkName: own(),
  DisableDNS: flag('--disable-dns'),
  Internal: flag('--internal'),
  IPv6: flag('--ipv6'),
  Driver: last('--driver'),
  IPAMDriver: last('--ipam-driver'),
  InterfaceName: last('--interface-name'),
  DNS: each('--dns'),
  Subnet: own('--subnet'),
  Gateway: own('--gateway'),
  IPRange: own('--ip-range'),
  Options: pairs('--opt'),
  Label: pairs('--label'),
  NetworkDeleteOnStop: own(),
};

/** @throws QuadletError */
export function convertNetwork(conversion: Conversion): void {
  const { unit } = conversion;
  const name = rawResourceOf(unit);
  addCommand(conversion, 'ExecStart', [
    ...proa(conversion, 'network', 'create', '--ignore'),
    ...optionsOf(unit, NETWORK_RULES),
    ...subnets(conversion),
    ...allWords(unit, 'PodmanArgs'),
    name,
  ]);
  if (isOn(unit, 'NetworkDeleteOnStop'))
    addCommand(conversion, 'ExecStopPost', proa(conversion, 'network', 'rm', name));
  runsOnce(conversion, true);
}

/** The first gateway and range belong to the first subnet, and so on. */
function subnets({ unit }: Conversion): string[] {
  const found = allGiven(unit, 'Subnet');
  const [gateways, ranges] = [allGiven(unit, 'Gateway'), allGiven(unit, 'IPRange')];
  for (const more of [gateways[found.length], ranges[found.length]])
    if (more !== undefined) throw valueError(more, 'there is no Subnet= that it belongs to');
  return found.flatMap(({ text }, at) => [
    ...['--subnet', text],
    ...(gateways[at] === undefined ? [] : ['--gateway', gateways[at].text]),
    ...(ranges[at] === undefined ? [] : ['--ip-range', ranges[at].text]),
  ]);
}
