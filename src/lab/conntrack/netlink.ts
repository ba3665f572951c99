import { isIPv4 } from 'node:net';
import koffi from 'koffi';
import type { MqbenchError } from '../../base/errors.js';
import { ENOENT, refusal } from '../emulator/system-calls.js';

// The kernel's table of flows over netlink (linux/netfilter/nfnetlink_conntrack.h). A netlink request is carried out
// while it is sent, so a clock read before and after says to the microsecond when flows were forgotten; a program that
// does the same needs 10 to 100 ms to start, and more on a busy machine.

const libc = koffi.load(null);
const cSocket = libc.func('int socket(int domain, int type, int protocol)');
const cSend = libc.func('long send(int fd, const void *buffer, size_t length, int flags)');
const cRecv = libc.func('long recv(int fd, void *buffer, size_t length, int flags)');

const AF_NETLINK = 16;
const SOCK_RAW = 3;
const SOCK_CLOEXEC = 0o2000000;
const NETLINK_NETFILTER = 12;
const NLM_F_REQUEST = 1;
const NLM_F_ACK = 4;
const NLM_F_DUMP = 0x300;
const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;
const headerBytes = 20; // struct nlmsghdr and struct nfgenmsg
const ctGet = 0x0101; // NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_GET
const ctDelete = 0x0102;
const CTA_TUPLE_ORIG = 1;
const CTA_TUPLE_IP = 1;
const CTA_IP_V4_SRC = 1;
const CTA_IP_V6_SRC = 3;

/** A flow as the kernel is told which one is meant. */
export interface Flow {
  /** AF_INET or AF_INET6. */
  readonly family: number;
  /** Source address of its first packet, as bytes in hexadecimal. */
  readonly source: string;
  /** The attribute CTA_TUPLE_ORIG as the kernel wrote it. */
  readonly tuple: Buffer;
}

/** The table of the network namespace that the socket was opened in. @throws MQB_LAB_RIGHTS */
export class Conntrack {
  private readonly fd: number;
  private sequence = 0;

  constructor() {
    this.fd = cSocket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER) as number;
    if (this.fd < 0) throw failure('open the table of flows', koffi.errno());
  }

  flush(): void {
    this.send(request(ctDelete, NLM_F_ACK, ++this.sequence, 0));
    this.acknowledged();
  }

  /** Forgets a flow; one that has gone meanwhile is forgotten already. */
  forget(flow: Flow): void {
    this.send(request(ctDelete, NLM_F_ACK, ++this.sequence, flow.family, flow.tuple));
    this.acknowledged(ENOENT);
  }

  flows(): Flow[] {
    this.send(request(ctGet, NLM_F_DUMP, ++this.sequence, 0));
    const flows: Flow[] = [];
    for (;;) {
      const { found, done } = parseFlows(this.receive());
      flows.push(...found);
      if (done) return flows;
    }
  }

  private send(message: Buffer): void {
    if ((cSend(this.fd, message, message.length, 0) as number) < 0) throw failure('forget flows', koffi.errno());
  }

  private receive(): Buffer {
    const buffer = Buffer.allocUnsafeSlow(1 << 16);
    const length = cRecv(this.fd, buffer, buffer.length, 0) as number;
    if (length < 0) throw failure('read the table of flows', koffi.errno());
    return buffer.subarray(0, length);
  }

  private acknowledged(accepted = 0): void {
    const answer = this.receive();
    const error = answer.readUInt16LE(4) === NLMSG_ERROR ? -answer.readInt32LE(16) : 0;
    if (error !== 0 && error !== accepted) throw failure('forget flows', error);
  }
}

function request(type: number, flags: number, sequence: number, family: number, attribute?: Buffer): Buffer {
  const message = Buffer.alloc(headerBytes + (attribute?.length ?? 0));
  message.writeUInt32LE(message.length, 0);
  message.writeUInt16LE(type, 4);
  message.writeUInt16LE(NLM_F_REQUEST | flags, 6);
  message.writeUInt32LE(sequence, 8);
  message.writeUInt8(family, 16);
  attribute?.copy(message, headerBytes);
  return message;
}

/** What one datagram of a dump holds. @throws MQB_LAB_COMMAND when it is an error */
export function parseFlows(data: Buffer): { readonly found: readonly Flow[]; readonly done: boolean } {
  const found: Flow[] = [];
  for (let at = 0; at + 16 <= data.length; ) {
    const length = data.readUInt32LE(at);
    const type = data.readUInt16LE(at + 4);
    if (type === NLMSG_DONE || length < 16) return { found, done: true };
    if (type === NLMSG_ERROR) throw failure('read the table of flows', -data.readInt32LE(at + 16));
    const tuple = attributeOf(data.subarray(at + headerBytes, at + length), CTA_TUPLE_ORIG);
    const addresses = tuple && attributeOf(tuple.subarray(4), CTA_TUPLE_IP)?.subarray(4);
    const source = addresses && (attributeOf(addresses, CTA_IP_V4_SRC) ?? attributeOf(addresses, CTA_IP_V6_SRC));
    if (tuple && source) found.push({ family: data.readUInt8(at + 16), source: source.toString('hex', 4), tuple });
    at += align(length);
  }
  return { found, done: false };
}

/** With its header, padded as it stands in the message. */
function attributeOf(attributes: Buffer, wanted: number): Buffer | undefined {
  for (let at = 0; at + 4 <= attributes.length; ) {
    const length = attributes.readUInt16LE(at);
    if (length < 4) return undefined;
    if ((attributes.readUInt16LE(at + 2) & 0x3fff) === wanted) return attributes.subarray(at, at + length);
    at += align(length);
  }
  return undefined;
}

const align = (length: number): number => (length + 3) & ~3;

const failure = (what: string, errno: number): MqbenchError =>
  refusal('MQB_LAB_COMMAND', `in the lab, could not ${what}`, errno);

/** An IPv4 or IPv6 address as its bytes in hexadecimal: one spelling for every way to write it. */
export function addressBytes(address: string): string {
  if (isIPv4(address)) return Buffer.from(address.split('.').map(Number)).toString('hex');
  const [front = [], back = []] = address
    .split('::')
    .map((half) => (half === '' ? [] : half.split(':').map((group) => group.padStart(4, '0'))));
  return [...front, ...new Array<string>(8 - front.length - back.length).fill('0000'), ...back].join('');
}
