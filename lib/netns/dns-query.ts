/** The little of DNS (RFC 1035, section 4) that it takes to see whether a server knows a name. */

const TYPE_A = 1;
const TYPE_AAAA = 28;
const CLASS_IN = 1;
const RECURSION_DESIRED = 0x0100;
const HEADER = 12;

/** A question for the addresses of `name`, of one family. */
export function dnsQuestion(id: number, name: string, v6: boolean): Buffer {
  const labels = name
    .split('.')
    .flatMap((label) => [Buffer.of(Buffer.byteLength(label)), Buffer.from(label)]);
  const header = Buffer.alloc(HEADER);
  header.writeUInt16BE(id, 0);
  header.writeUInt16BE(RECURSION_DESIRED, 2);
  header.writeUInt16BE(1, 4);
  return Buffer.concat([header, ...labels, Buffer.of(0, 0, v6 ? TYPE_AAAA : TYPE_A, 0, CLASS_IN)]);
}

/** How many records answer the question with this id; undefined when it is no answer to that. */
export function answersIn(message: Buffer, id: number): number | undefined {
  if (message.length < HEADER || message.readUInt16BE(0) !== id) return undefined;
  const flags = message.readUInt16BE(2);
  const [isAnswer, failed] = [(flags & 0x8000) !== 0, (flags & 0x000f) !== 0];
  if (!isAnswer) return undefined;
  return failed ? 0 : message.readUInt16BE(6);
}
