import { type MqbenchError, usageError } from '../../base/errors.js';

/** What of a feeder cannot be. */
export const usage = (message: string, hint?: string): MqbenchError => usageError('MQB_USAGE', message, hint);
