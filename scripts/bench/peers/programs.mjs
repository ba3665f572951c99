// The programs of others that the benchmark knows, and whether they are here.
import { env } from 'node:process';
import { onPath } from '../../../dist/base/process/child.js';

/** Their names, as commands. */
export const peers = ['mosquitto', 'nats-server', 'emqtt_bench', 'mqttx', 'mqttv5'];

/** Where a program is: on the path, or with the daemons. Undefined: not here. */
export const find = (program) => onPath(program, `${env.PATH}:/usr/sbin:/usr/local/sbin`);
