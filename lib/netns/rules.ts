/** Rules of policy routing by rtnetlink(7) (include/uapi/linux/fib_rules.h). */
import type { IpAddress } from './ip.ts';
import { NetlinkMessage, NLM_F } from './netlink-message.ts';

const RTM_NEWRULE = 32;
const FRA_SRC = 2;
const FRA_TABLE = 15;
const FR_ACT_TO_TBL = 1;
const AF_INET = 2;
const AF_INET6 = 10;

/** What is sent from this address looks into that routing table. Fails with EEXIST. */
export function newSourceRuleMessage(source: IpAddress, table: number): NetlinkMessage {
  const header = Buffer.alloc(12);
  header[0] = source.bytes.length === 4 ? AF_INET : AF_INET6;
  header[2] = source.bytes.length * 8;
  header[7] = FR_ACT_TO_TBL;
  return new NetlinkMessage(RTM_NEWRULE, NLM_F.ACK | NLM_F.CREATE | NLM_F.EXCL, header)
    .bytes(FRA_SRC, source.bytes)
    .u32(FRA_TABLE, table);
}
