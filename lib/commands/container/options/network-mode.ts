/** `--network`: which network, and what can be said about it in the same word. */
import { ProaError } from '../../../core/error.ts';
import { parseSlirpOptions } from '../../../netns/slirp.ts';

export interface NetworkChoice {
  /** bridge, host, none, pasta, slirp4netns, `container:NAME`, `ns:PATH` */
  mode: string;
  ip?: string;
  ip6?: string;
  mac?: string;
  interfaceName?: string;
  /** A name in the network was given. */
  alias: boolean;
  helperOptions: string[];
}

const PLAIN = ['bridge', 'host', 'none', 'pasta', 'slirp4netns'];

/**
 * Podman's `MODE[:OPTION,…]` and Docker's `name=MODE,KEY=VALUE,…`. `default` and `private` leave the choice to us: a
 * bridge for root, pasta for a user.
 * @throws ProaError NETWORK_NOT_FOUND, INVALID_NETWORK
 */
export function parseNetworkMode(given: readonly string[], rootless: boolean): NetworkChoice {
  const [text = 'default', ...more] = new Set(given);
  if (more.length > 0) {
    throw new ProaError(
      'INVALID_NETWORK',
      `Container cannot be connected to network endpoints: ${[text, ...more].join(', ')}`,
    );
  }
  if (text === 'container:')
    throw new ProaError(
      'INVALID_NETWORK',
      'Invalid network mode: invalid container format container:<name|id>',
    );
  if (/^container:./.test(text)) return plain(text);
  if (/^ns:/.test(text)) {
    if (text.startsWith('ns:/')) return plain(text);
    throw new ProaError('INVALID_NETWORK', `use network ${text}: the path must be absolute`);
  }
  if (/^[^:]+=/.test(text)) return longForm(text, rootless);
  const colon = text.indexOf(':');
  const name = colon < 0 ? text : text.slice(0, colon);
  const options =
    colon < 0
      ? []
      : text
          .slice(colon + 1)
          .split(',')
          .filter(Boolean);
  const mode = modeOf(name, rootless);
  if (name === 'pasta') return { ...plain(mode), helperOptions: options };
  if (name === 'slirp4netns') {
    parseSlirpOptions(options);
    return { ...plain(mode), helperOptions: options };
  }
  return withOptions(mode, text, options);
}

function plain(mode: string): NetworkChoice {
  return { mode, alias: false, helperOptions: [] };
}

function modeOf(name: string, rootless: boolean): string {
  if (name === 'default' || name === 'private' || name === '') return rootless ? 'pasta' : 'bridge';
  if (!PLAIN.includes(name)) {
    throw new ProaError('NETWORK_NOT_FOUND', `network ${name} not found`, {
      hint: `Networks: ${PLAIN.join(', ')}, container:NAME, ns:PATH`,
    });
  }
  // As Podman. It gives up root's rights before it opens the namespace.
  if (name === 'pasta' && !rootless) {
    throw new ProaError('NETWORK_UNSUPPORTED', 'use network pasta: it is for ordinary users', {
      hint: 'Root has bridge and slirp4netns',
    });
  }
  // A user has no bridge on the host: pasta gives the same view from inside.
  return rootless && name === 'bridge' ? 'pasta' : name;
}

/** Docker's: `name=bridge,ip=10.0.0.2`. */
function longForm(text: string, rootless: boolean): NetworkChoice {
  const fields = text.split(',');
  const name = fields.find((field) => field.startsWith('name='))?.slice('name='.length);
  if (name === undefined || name === '')
    throw new ProaError('INVALID_NETWORK', `use network ${text}: network name must be specified`);
  return withOptions(
    modeOf(name, rootless),
    text,
    fields.filter((field) => !field.startsWith('name=')),
  );
}

function withOptions(mode: string, text: string, options: readonly string[]): NetworkChoice {
  const choice = plain(mode);
  for (const option of options) {
    const [, key, value = ''] = /^([\w-]+)=(.+)$/.exec(option) ?? [];
    switch (mode === 'bridge' || mode === 'pasta' ? key : undefined) {
      case 'ip':
        choice.ip = value;
        break;
      case 'ip6':
        choice.ip6 = value;
        break;
      case 'mac':
      case 'mac-address':
        choice.mac = value;
        break;
      case 'interface_name':
        if (mode !== 'bridge') throw noOption(text, option);
        if (!/^[^\s/:]{1,15}$/.test(value) || value === 'lo') {
          throw new ProaError('INVALID_NETWORK', `use network ${text}: ${value} is no name for an interface`);
        }
        choice.interfaceName = value;
        break;
      case 'alias':
        choice.alias = true;
        break;
      default:
        throw noOption(text, option);
    }
  }
  return choice;
}

function noOption(text: string, option: string): ProaError {
  return new ProaError('INVALID_NETWORK', `use network ${text}: this network has no option ${option}`);
}
