import { closeSync, openSync, readSync } from 'node:fs';
import { enterNetwork } from '../measure/sockets.js';

/**
 * Packets that the kernel dropped because nobody had read enough of those before: the device's own count, as /proc/net/dev
 * has it. A device that was moved to another namespace is listed in that one, and such a file belongs to the namespace of
 * the thread that opened it, so we go there and come back.
 */
export class Unread {
  private readonly files: { readonly device: string; readonly fd: number }[];
  private readonly text = Buffer.allocUnsafeSlow(16_384);

  /** @throws MQB_SYSTEM_CALL when this process may not enter the namespaces */
  constructor(devices: readonly { readonly device: string; readonly network: string }[]) {
    const home = openSync('/proc/thread-self/ns/net', 'r');
    try {
      this.files = devices.map(({ device, network }) => {
        enterNetwork(network);
        return { device, fd: openSync('/proc/thread-self/net/dev', 'r') };
      });
    } finally {
      enterNetwork(`/proc/self/fd/${home}`);
      closeSync(home);
    }
  }

  /** Since the devices were made, all of them together. */
  count(): number {
    return this.files.reduce((sum, { device, fd }) => {
      const text = this.text.toString('latin1', 0, readSync(fd, this.text, 0, this.text.length, 0));
      return sum + droppedIn(text, device);
    }, 0);
  }
}

/** The drops of packets to send, from the text of /proc/net/dev; 0 when the device is not there. */
export function droppedIn(text: string, device: string): number {
  // Eight numbers of receiving, then bytes, packets, errors and drops of sending.
  return Number(new RegExp(`^\\s*${device}:(?:\\s*\\d+){11}\\s+(\\d+)`, 'm').exec(text)?.[1] ?? 0);
}
