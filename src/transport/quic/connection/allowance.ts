/** RFC 9000 8: at most three times the bytes received. */
const amplification = 3;

/**
 * How many bytes of datagrams, padding included, may be sent to an address that may be somebody else's. quiche counts by itself,
 * but not the padding of datagrams with Initials: one ClientHello of 1200 bytes drew 6328 bytes from it.
 */
export class Allowance {
  /** Bytes that may still be sent; Infinity once the address is proved. */
  left = Number.POSITIVE_INFINITY;

  get isLimited(): boolean {
    return this.left !== Number.POSITIVE_INFINITY;
  }

  /** An address of which nothing is known yet. */
  limit(): void {
    this.left = 0;
  }

  lift(): void {
    this.left = Number.POSITIVE_INFINITY;
  }

  received(bytes: number): void {
    this.left += amplification * bytes;
  }

  sent(bytes: number): void {
    this.left -= bytes;
  }
}
