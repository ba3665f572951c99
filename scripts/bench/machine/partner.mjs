// The other end of the gauge's pipes: sends each byte back. Ends when its input does.
import { openSync, readSync, writeSync } from 'node:fs';
import process from 'node:process';

const from = openSync(process.argv[2], 'r');
const to = openSync(process.argv[3], 'w');
const byte = Buffer.alloc(1);
while (readSync(from, byte) > 0) writeSync(to, byte);
