/**
 * The elements of nftables' sets and maps, by nfnetlink (include/uapi/linux/netfilter/nf_tables.h). Rules are written
 * as text for nft(8); what changes with every container is an element, and that costs a hundredth of starting nft.
 */
import { attributes, eachAttribute, NetlinkMessage, NLM_F } from './netlink-message.ts';

const NFNL_SUBSYS_NFTABLES = 10;
const NFNL_MSG_BATCH_BEGIN = 16;
const NFNL_MSG_BATCH_END = 17;
const NFT_MSG_GETCHAIN = 4;
const NFT_MSG_NEWSETELEM = 12;
const NFT_MSG_GETSETELEM = 13;
const NFT_MSG_DELSETELEM = 14;
const NFTA_CHAIN_TABLE = 1;
const NFTA_CHAIN_NAME = 3;
const NFTA_CHAIN_POLICY = 5;
const NFTA_CHAIN_USE = 6;
const NFTA_SET_ELEM_LIST_TABLE = 1;
const NFTA_SET_ELEM_LIST_SET = 2;
const NFTA_SET_ELEM_LIST_ELEMENTS = 3;
const NFTA_LIST_ELEM = 1;
const NFTA_SET_ELEM_KEY = 1;
const NFTA_SET_ELEM_DATA = 2;
const NFTA_DATA_VALUE = 1;
const NF_DROP = 0;

/** Families of tables (include/uapi/linux/netfilter.h). */
export const NFPROTO_INET = 1;
export const NFPROTO_IPV4 = 2;
export const NFPROTO_IPV6 = 10;

/** An attribute holds 65,535 bytes and an element takes up to 72. */
const ELEMENTS_IN_MESSAGE = 800;

/** A set or map of table `inet proa`, an element's key, and a map's value. Concatenated fields are padded to four bytes. */
export interface Element {
  set: string;
  key: Uint8Array;
  value?: Uint8Array;
}

/** Adds elements, all or none. An equal element that is there already is fine; EEXIST or EBUSY: it has another value. */
export function addElements(table: string, elements: readonly Element[]): NetlinkMessage[] {
  return batch(elementMessages(table, elements, NFT_MSG_NEWSETELEM, NLM_F.CREATE));
}

/** Removes elements, all or none. ENOENT when one is missing. */
export function deleteElements(table: string, elements: readonly Element[]): NetlinkMessage[] {
  return batch(elementMessages(table, elements, NFT_MSG_DELSETELEM, 0));
}

/** Gives elements, which are there, other values, without a moment in between. */
export function replaceElements(table: string, elements: readonly Element[]): NetlinkMessage[] {
  return batch([
    ...elementMessages(table, elements, NFT_MSG_DELSETELEM, 0),
    ...elementMessages(table, elements, NFT_MSG_NEWSETELEM, NLM_F.CREATE),
  ]);
}

/** Asks for one element. ENOENT when it, its set or its table is missing. */
export function getElement(table: string, element: Element): NetlinkMessage {
  return elementMessages(table, [element], NFT_MSG_GETSETELEM, 0)[0]!;
}

/** The value in an answer to {@link getElement}; undefined for a set. */
export function elementValue(part: Buffer): Buffer | undefined {
  const list = attributes(part, 4).get(NFTA_SET_ELEM_LIST_ELEMENTS);
  const [first] = list === undefined ? [] : eachAttribute(list);
  const data = first === undefined ? undefined : attributes(first[1]).get(NFTA_SET_ELEM_DATA);
  return data === undefined ? undefined : attributes(data).get(NFTA_DATA_VALUE);
}

/** Asks for one chain. ENOENT when it or its table is missing. */
export function getChain(family: number, table: string, chain: string): NetlinkMessage {
  return new NetlinkMessage(type(NFT_MSG_GETCHAIN), NLM_F.ACK, nfgenmsg(family))
    .string(NFTA_CHAIN_TABLE, table)
    .string(NFTA_CHAIN_NAME, chain);
}

/** The chain in an answer to {@link getChain}: whether its policy is drop, and how many rules and jumps it counts. */
export function parseChain(part: Buffer): { drops: boolean; use: number } {
  const found = attributes(part, 4);
  return {
    drops: found.get(NFTA_CHAIN_POLICY)?.readUInt32BE(0) === NF_DROP,
    use: found.get(NFTA_CHAIN_USE)?.readUInt32BE(0) ?? 0,
  };
}

/** struct nfgenmsg; `resource` in network order. */
export function nfgenmsg(family: number, resource = 0): Uint8Array {
  return Uint8Array.of(family, 0, resource >>> 8, resource & 0xff);
}

function batch(messages: NetlinkMessage[]): NetlinkMessage[] {
  const mark = nfgenmsg(0, NFNL_SUBSYS_NFTABLES);
  return [
    new NetlinkMessage(NFNL_MSG_BATCH_BEGIN, 0, mark),
    ...messages,
    new NetlinkMessage(NFNL_MSG_BATCH_END, 0, mark),
  ];
}

function elementMessages(
  table: string,
  elements: readonly Element[],
  operation: number,
  flags: number,
): NetlinkMessage[] {
  const messages: NetlinkMessage[] = [];
  const sets = Map.groupBy(elements, (element) => element.set);
  for (const [set, members] of sets) {
    for (let at = 0; at < members.length; at += ELEMENTS_IN_MESSAGE) {
      const message = new NetlinkMessage(type(operation), NLM_F.ACK | flags, nfgenmsg(NFPROTO_INET))
        .string(NFTA_SET_ELEM_LIST_TABLE, table)
        .string(NFTA_SET_ELEM_LIST_SET, set);
      message.nest(NFTA_SET_ELEM_LIST_ELEMENTS, () => {
        for (const element of members.slice(at, at + ELEMENTS_IN_MESSAGE)) addElement(message, element);
      });
      messages.push(message);
    }
  }
  return messages;
}

function addElement(message: NetlinkMessage, { key, value }: Element): void {
  message.nest(NFTA_LIST_ELEM, () => {
    message.nest(NFTA_SET_ELEM_KEY, () => message.bytes(NFTA_DATA_VALUE, key));
    if (value !== undefined) {
      message.nest(NFTA_SET_ELEM_DATA, () => message.bytes(NFTA_DATA_VALUE, value));
    }
  });
}

function type(message: number): number {
  return (NFNL_SUBSYS_NFTABLES << 8) | message;
}
