// Variable byte integers (MQTT 5.0, 1.5.5): seven bits a byte, lowest first, at most 268,435,455. Read by frame-reader.ts.

/** @returns how many bytes a value takes, 1 to 4 */
export function variableBytes(value: number): number {
  if (value < 128) return 1;
  if (value < 16_384) return 2;
  return value < 2_097_152 ? 3 : 4;
}

/** @returns offset behind it */
export function writeVariable(into: Uint8Array | number[], at: number, value: number): number {
  let rest = value;
  let to = at;
  while (rest > 127) {
    into[to++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  into[to++] = rest;
  return to;
}
