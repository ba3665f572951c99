// Command lines that open TCP connections to a broker on loopback and keep them.
import { execPath } from 'node:process';
import { program } from '../measure/build.mjs';
import { find } from './programs.mjs';

const lines = {
  mqbench: ({ port, clients, offered }) => [
    ...[execPath, program, 'conn', `mqtt://127.0.0.1:${port}`, '-c', clients, '-R', offered],
  ],
  emqtt_bench: ({ port, clients, offered }) => [
    ...[find('emqtt_bench'), 'conn', '-h', '127.0.0.1', '-p', port, '-V', 4, '-c', clients, '-R', offered],
  ],
  // It knows a time between connects only, in whole milliseconds; 0 is as fast as it can.
  mqttx: ({ port, clients }) => [
    ...[find('mqttx'), 'bench', 'conn', '-h', '127.0.0.1', '-p', port, '-V', '3.1.1', '-c', clients, '-i', 0],
  ],
};

/** @param wanted the port, how many clients, and how many connects per second to offer */
export const connectLine = (generator, wanted) => lines[generator](wanted).map(String);
