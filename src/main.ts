#!/usr/bin/env node
import process from 'node:process';
import { processEnvironment } from './cli/environment.js';
import { runProgram } from './cli/program.js';

/** As long as Node.js lets a timer be, ms. */
const everMillis = 2 ** 31 - 1;

// A command that waits for a timer alone is not through: sleep() keeps no process alive, and Node.js would end this one without a word.
const running = setInterval(() => {}, everMillis);
try {
  process.exitCode = await runProgram(processEnvironment());
} finally {
  clearInterval(running);
}
