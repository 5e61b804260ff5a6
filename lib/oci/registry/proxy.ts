/**
 * Which proxy a request goes through, by the rules of Go's clients (golang.org/x/net/http/httpproxy), as Docker and Podman
 * are such: HTTPS_PROXY or HTTP_PROXY by the URL's scheme, and NO_PROXY for what is asked directly; lower case serves too.
 */

type Environment = Readonly<Record<string, string | undefined>>;

/** @returns the proxy's URL, or false for none */
export function proxyFor(url: URL, environment: Environment = process.env): string | false {
  const get = (name: string): string => environment[name] || environment[name.toLowerCase()] || '';
  const proxy = get(url.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY').trim();
  if (proxy === '' || isLoopback(url.hostname) || isExcepted(url, get('NO_PROXY'))) return false;
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(proxy) ? proxy : `http://${proxy}`;
}

/** 127.0.0.0/8, ::1 and localhost, which Docker lets answer in plain HTTP. Takes a URL's hostname. */
export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d+){3}$/.test(hostname);
}

/**
 * NO_PROXY: `*`, addresses and networks in CIDR notation, `example.com` (with all below it), `.example.com` and
 * `*.example.com` (only what is below it), each with or without a port.
 */
function isExcepted(url: URL, list: string): boolean {
  const host = url.hostname.replace(/^\[|\]$/g, '').toLowerCase();
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  return list
    .split(',')
    .map((entry) => entry.trim().toLowerCase())
    .some((entry) => entry !== '' && fits(entry, host, port));
}

function fits(entry: string, host: string, port: string): boolean {
  if (entry === '*') return true;
  const [, network, bits] = /^([0-9a-f.:]+)\/(\d{1,3})$/.exec(entry) ?? [];
  if (network !== undefined) return isInNetwork(host, network, Number(bits));
  const [, bracketed, name = '', wanted] = /^(?:\[([^\]]+)\]|([^:]*))(?::(\d+))?$/.exec(entry) ?? [];
  // More than one colon and no brackets: an IPv6 address as it is.
  if (bracketed === undefined && name === '') return entry === host;
  if (wanted !== undefined && wanted !== port) return false;
  if (bracketed !== undefined) return bracketed === host;
  const domain = name.replace(/^\*(?=\.)/, '');
  return domain.startsWith('.') ? host.endsWith(domain) : host === domain || host.endsWith(`.${domain}`);
}

function isInNetwork(host: string, network: string, bits: number): boolean {
  const kind = (address: string): 'ipv4' | 'ipv6' => (address.includes(':') ? 'ipv6' : 'ipv4');
  if (bits > (kind(network) === 'ipv6' ? 128 : 32)) return false;
  // Loaded for those who need it: node:net takes 6 ms.
  const list = new (process.getBuiltinModule('node:net').BlockList)();
  list.addSubnet(network, bits, kind(network));
  return list.check(host, kind(host));
}
