import { env } from 'node:process';
import { usageError } from '../base/errors.js';
import { readFeeder } from '../load/feeder/read.js';
import type { FleetPlan, LoadPlan } from '../plan/plan.js';

/** As whom clients connect, of what a result does not hold: rows of a file, and a password. */
export type Identity = Pick<LoadPlan, 'feed' | 'password' | 'fixedIds'>;

/** @throws MQB_USAGE when the file of the feeder cannot be read, or the variable that has the password is not set */
export function identityOf({ feeder, passwordVariable, clients }: FleetPlan): Identity {
  const password = passwordVariable === undefined ? undefined : env[passwordVariable];
  if (passwordVariable !== undefined && password === undefined)
    throw usageError('MQB_USAGE', `the variable ${passwordVariable}, with the password of the clients, is not set`);
  return {
    ...(password === undefined ? {} : { password }),
    ...(feeder === undefined ? {} : { feed: readFeeder('/', feeder, clients), fixedIds: true }),
  };
}
