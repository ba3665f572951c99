import { z } from 'zod';
import { transportNames } from '../../transport/contract.js';
import { included, presetNames } from '../brokers/presets.js';
import { duration, name } from './fields.js';

const port = z.union([z.int().min(1).max(65_535), z.literal('free')]);
const perTransport = <T extends z.ZodType>(one: T) => z.partialRecord(z.enum(transportNames), one);
const texts = z.record(z.string(), z.string());

/** A broker by name, one that a command starts in each cell, or one that runs elsewhere. */
export const brokerSchema = z.union([
  z.enum([included, ...presetNames]),
  z.strictObject({
    name: name('Name in tables, cell ids and expectations; default the name of the preset.').optional(),
    preset: z.enum(presetNames).optional().describe('How it is started, where nothing else is said here.'),
    program: z.string().min(1).optional().describe("With a preset: the program to start instead of the system's."),
    image: z
      .string()
      .min(1)
      .optional()
      .describe('The container image that it runs in, by podman or docker; command is what its entry point is given.')
      .meta({ examples: ['my/broker:pr-17'] }),
    command: z
      .string()
      .min(1)
      .optional()
      .describe(
        'Starts it in the foreground, without a shell; {config}, {dir}, {host}, {port.tcp}, {ca}, {cert}, {key} are filled in.',
      )
      .meta({ examples: ['mosquitto -c {config}'] }),
    config: z.string().optional().describe('Text of the file {config}, with the same words filled in.'),
    files: texts.optional().describe('Texts of further files in {dir}, by their names.'),
    env: texts.optional().describe('Variables of its environment, beside those of mqbench.'),
    listens: perTransport(port).optional().describe('The transports that it speaks, and the port of each; free: any.'),
    readyWithin: duration('How long it may take until its port answers.', '30s').optional(),
    url: perTransport(z.string()).optional().describe('Where one runs that is there already, for each transport.'),
    ca: z.string().optional().describe('With url: PEM file that its certificates are checked against.'),
    insecure: z.boolean().optional().describe('With url: its certificates are not checked.'),
    username: z.string().optional().describe('With url: the user name of every client.'),
    password: z
      .string()
      .regex(/^\$[A-Za-z_]\w*$/, 'a password would stand in the result: write $NAME, and set that variable')
      .optional()
      .describe('With url: $NAME, the variable of the environment that has the password.'),
  }),
]);
export type BrokerInput = z.output<typeof brokerSchema>;
