/** Networks, volumes and builds of a compose file as Quadlet files. */

import { literalText, quoteWord } from '../../unit-file/words.ts';
import { assignment, section } from '../container-file.ts';
import {
  asBoolean,
  asMap,
  asPairs,
  asPath,
  asText,
  asTexts,
  badKey,
  onlyKeys,
  type Values,
} from './values.ts';

/** `NAME=VALUE` words of a list key. */
const listed = (key: string, words: readonly string[]): string[] =>
  words.map((word) => `${key}=${quoteWord(literalText(word).replaceAll('$', '$$$$'))}`);

export function networkFile(settings: Values, name: string, key: string): string {
  const { driver, driver_opts, internal, enable_ipv6, labels, ipam, attachable, name: _, ...rest } = settings;
  onlyKeys(rest, [], key);
  void attachable; // every network is, here
  const { config, driver: ipamDriver, ...ipamRest } = asMap(ipam, `${key}.ipam`);
  onlyKeys(ipamRest, [], `${key}.ipam`);
  const subnets = (Array.isArray(config) ? config : []).flatMap((entry) => {
    const { subnet, gateway, ip_range: range, ...more } = asMap(entry, `${key}.ipam.config`);
    onlyKeys(more, [], `${key}.ipam.config`);
    return Object.entries({ Subnet: subnet, Gateway: gateway, IPRange: range }).flatMap(([name, value]) =>
      value === undefined ? [] : [`${name}=${asText(value, key)}`],
    );
  });
  return section('Network', [
    `NetworkName=${literalText(name)}`,
    ...(driver === undefined ? [] : [`Driver=${asText(driver, `${key}.driver`)}`]),
    ...(ipamDriver === undefined || ipamDriver === 'default'
      ? []
      : [`IPAMDriver=${asText(ipamDriver, `${key}.ipam.driver`)}`]),
    ...(internal === undefined ? [] : [`Internal=${asBoolean(internal, `${key}.internal`)}`]),
    ...(enable_ipv6 === undefined ? [] : [`IPv6=${asBoolean(enable_ipv6, `${key}.enable_ipv6`)}`]),
    ...subnets,
    ...listed('Options', asPairs(driver_opts ?? {}, `${key}.driver_opts`)),
    ...listed('Label', asPairs(labels ?? {}, `${key}.labels`)),
  ]);
}

export function volumeFile(settings: Values, name: string, key: string): string {
  const { driver, driver_opts, labels, name: _, ...rest } = settings;
  onlyKeys(rest, [], key);
  if (driver !== undefined && driver !== 'local')
    throw badKey(`${key}.driver`, `${asText(driver, key)}: Proa has no such driver of volumes`);
  return section('Volume', [
    `VolumeName=${literalText(name)}`,
    ...asPairs(driver_opts ?? {}, `${key}.driver_opts`).map(
      (option) => `PodmanArgs=${quoteWord(`--opt=${option}`)}`,
    ),
    ...listed('Label', asPairs(labels ?? {}, `${key}.labels`)),
  ]);
}

/** @param tag what the image is called */
export function buildFile(build: unknown, tag: string, folder: string, key: string): string {
  const settings = typeof build === 'string' ? { context: build } : asMap(build, key);
  const { context, dockerfile, args, target, labels, network, pull, tags, ...rest } = settings as Values;
  onlyKeys(rest, [], key);
  const where = asText(context ?? '.', `${key}.context`);
  const isUrl = /^(https?|git|ssh):\/\/|^git@/.test(where);
  const place = isUrl ? where : asPath(where, folder);
  return section('Build', [
    `ImageTag=${literalText(tag)}`,
    ...asTexts(tags ?? [], `${key}.tags`).map((each) => `ImageTag=${literalText(each)}`),
    `SetWorkingDirectory=${literalText(place)}`,
    ...(dockerfile === undefined
      ? []
      : [`File=${literalText(isUrl ? asText(dockerfile, key) : asPath(asText(dockerfile, key), place))}`]),
    ...listed('BuildArg', asPairs(args ?? {}, `${key}.args`)),
    ...(target === undefined ? [] : [`Target=${literalText(asText(target, `${key}.target`))}`]),
    ...(network === undefined ? [] : [`Network=${asText(network, `${key}.network`)}`]),
    ...(pull === true ? ['Pull=always'] : []),
    ...asPairs(labels ?? {}, `${key}.labels`).map((label) => assignment(['label', label])),
  ]);
}
