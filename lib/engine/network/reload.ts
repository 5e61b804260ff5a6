/** `network reload`: what somebody took away from running containers' networks comes back. */
import { lacksServer, reviveServer } from '../../netns/dns.ts';
import { reloadFirewall } from '../../netns/firewall.ts';
import type { Store } from '../../storage/store.ts';

/** Rules, published ports and the name server of all networks that are up. */
export function reloadNetworks({ runRoot }: Store): void {
  reloadFirewall(runRoot);
  if (lacksServer(runRoot)) reviveServer(runRoot);
}
