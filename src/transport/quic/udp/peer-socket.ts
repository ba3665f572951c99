import type { Address } from '../../contract.js';
import { headerBytes, Netlink, NLM_F_REQUEST, request } from './netlink.js';
import { ipNumber } from './segmentation.js';

const NETLINK_SOCK_DIAG = 4;
const SOCK_DIAG_BY_FAMILY = 20;
const [AF_INET, IPPROTO_UDP] = [2, 17];
/** struct inet_diag_req_v2, and struct inet_diag_msg in the answer (sock_diag(7)). */
const [questionBytes, answerBytes] = [56, 72];
const INET_DIAG_SKMEMINFO = 7;
const attributeBytes = 4;

let netlink: Netlink | null | undefined;

function socket(): Netlink | null {
  if (netlink === undefined) {
    try {
      netlink = new Netlink(NETLINK_SOCK_DIAG);
    } catch {
      netlink = null;
    }
  }
  return netlink;
}

/**
 * The socket of this machine that takes what is sent over loopback from one address to another, IPv4: the kernel tells everybody how
 * full it is (sock_diag(7)), which takes a few microseconds.
 */
export class PeerSocket {
  private readonly question = request(SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST, questionBytes);

  constructor(from: Address, to: Address) {
    const { question } = this;
    question.writeUInt8(AF_INET, headerBytes);
    question.writeUInt8(IPPROTO_UDP, headerBytes + 1);
    question.writeUInt8(1 << (INET_DIAG_SKMEMINFO - 1), headerBytes + 2);
    question.writeUInt32LE(0xffffffff, headerBytes + 4); // in any state
    // The kernel looks it up as it does for a datagram: the source is whoever sends.
    question.writeUInt16BE(from.port, headerBytes + 8);
    question.writeUInt16BE(to.port, headerBytes + 10);
    question.writeUInt32BE(ipNumber(from.host), headerBytes + 12);
    question.writeUInt32BE(ipNumber(to.host), headerBytes + 28);
    question.fill(0xff, headerBytes + 48, headerBytes + questionBytes); // no cookie
  }

  /** How much more its receive buffer takes, bytes as the kernel counts them; undefined where nobody knows: no such socket here, no such question. */
  free(): number | undefined {
    const answer = socket()?.one(this.question);
    if (answer === undefined) return undefined;
    for (let at = headerBytes + answerBytes; at + attributeBytes <= answer.length; ) {
      const length = answer.readUInt16LE(at);
      if (answer.readUInt16LE(at + 2) === INET_DIAG_SKMEMINFO) {
        return answer.readUInt32LE(at + attributeBytes + 4) - answer.readUInt32LE(at + attributeBytes); // rcvbuf, rmem_alloc
      }
      at += (Math.max(length, attributeBytes) + 3) & ~3;
    }
    return undefined;
  }
}
