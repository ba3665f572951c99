// The other end of test/agents/offsets.test.ts: answers each question with what its clock shows, which runs too fast where it is told so.
import { connect } from 'node:net';
import { argv } from 'node:process';
import { nowMicros } from '../../dist/base/clock.js';

const [port, ppm] = argv.slice(2).map(Number);
const began = nowMicros();
const clock = () => {
  const now = nowMicros();
  return now + (now - began) * ppm * 1e-6;
};

const socket = connect({ port, host: '127.0.0.1' });
socket.setNoDelay(true);
// What the clock was when it began to be too fast, by which the test knows what it should find.
socket.write(`${JSON.stringify({ began })}\n`);
socket.on('data', () => {
  const received = clock();
  socket.write(`${JSON.stringify({ received, answered: clock() })}\n`);
});
socket.on('error', () => socket.destroy());
