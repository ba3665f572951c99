import { X509Certificate } from 'node:crypto';
import { z } from 'zod';
import { messageOf, usageError } from '../../../base/errors.js';
import { readText } from '../../../base/read-file.js';
import { isAgentName } from '../../subjects.js';

/** What somebody needs to join a NATS server, as it stands in a file of credentials. */
export interface Credentials {
  /** As whom: the agent of this name; undefined: a coordinator. */
  readonly name?: string | undefined;
  /** Where the server is, e.g. `tls://10.0.0.1:4222`. */
  readonly server?: string | undefined;
  /** Of the nkey: whoever has it is this agent. */
  readonly seed: string;
  /** Trust anchors, PEM; undefined: the server speaks without TLS, or has a certificate that Node.js trusts. */
  readonly ca?: string | undefined;
}

/** Says what a file is, to who finds it. */
const titles = { agent: 'credentials of an agent', coordinator: 'credentials of a coordinator' } as const;
/** Credentials as one word begin with this. */
const oneWord = 'mqb1.';

/** nkeys: "S" for a seed, "U" for a user, and base32 (github.com/nats-io/nkeys). */
const isSeed = (text: string): boolean => /^SU[A-Z2-7]{56}$/.test(text);
const isServer = (text: string): boolean => /^(nats|tls):\/\/[^\s/]+$/.test(text);

const fileSchema = z.strictObject({
  mqbench: z.enum([titles.agent, titles.coordinator], {
    error: `says neither "${titles.agent}" nor "${titles.coordinator}"`,
  }),
  name: z.string().refine(isAgentName, 'is no name of an agent: letters, digits, - and _, 63 at most').optional(),
  server: z.string().refine(isServer, 'is no address of a NATS server, e.g. tls://10.0.0.1:4222').optional(),
  seed: z.string({ error: 'is missing' }).refine(isSeed, 'is no seed of a user: SU and 56 characters of A-Z and 2-7'),
  ca: z.string().refine(isCertificate, 'is no certificate (PEM)').optional(),
});

/** As a file: for people to look into. */
export function credentialsText({ name, ...rest }: Credentials): string {
  return `${JSON.stringify({ mqbench: name === undefined ? titles.coordinator : titles.agent, name, ...rest }, null, 2)}\n`;
}

/** As one word, for a command line that somebody copies. */
export function credentialsWord(credentials: Credentials): string {
  const text = JSON.stringify(JSON.parse(credentialsText(credentials)));
  return `${oneWord}${Buffer.from(text).toString('base64url')}`;
}

const hint = 'take the file that mqbench agents-keys or --agents listen has made for this agent, whole';

/**
 * Credentials of a file, or those that are given as one word.
 * @param whose they have to be: the server would let an agent in as a coordinator, and answer nothing of what it says
 * @throws MQB_USAGE when it cannot be read, MQB_CREDENTIALS listing all that is wrong with it
 */
export function readCredentials(fileOrWord: string, folder: string, whose: keyof typeof titles): Credentials {
  const isWord = fileOrWord.startsWith(oneWord);
  const what = isWord ? 'what is given as credentials' : fileOrWord;
  const text = isWord ? fileOrWord : readText(folder, fileOrWord).trim();
  const credentials = parseCredentials(text.startsWith(oneWord) ? fromWord(text) : text, what);
  const { name } = credentials;
  if ((whose === 'agent') === (name === undefined))
    throw usageError(
      'MQB_CREDENTIALS',
      `${what} has the ${name === undefined ? titles.coordinator : `credentials of the agent ${name}`}, and those of ${whose === 'agent' ? 'an agent' : 'a coordinator'} are needed`,
      whose === 'agent'
        ? 'each agent has a file of its own, agent-1.json and so on'
        : 'the file coordinator.json beside it has them',
    );
  return credentials;
}

const fromWord = (word: string): string => Buffer.from(word.slice(oneWord.length), 'base64url').toString('utf8');

/** @param what names it in errors. @throws MQB_CREDENTIALS */
export function parseCredentials(text: string, what: string): Credentials {
  const { mqbench, ...credentials } = checked(parsed(text, what), what);
  if ((mqbench === titles.agent) === (credentials.name === undefined))
    throw usageError('MQB_CREDENTIALS', `${what}: an agent has a name, and a coordinator has none`, hint);
  return credentials;
}

function parsed(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    // What stands there may be a secret: the words of the parser quote it.
    const isCut = /Unexpected end|Unterminated/.test(messageOf(error));
    const how = isCut ? 'ends too early: a part of it was not copied' : 'is no file of credentials (JSON)';
    throw usageError('MQB_CREDENTIALS', `${what} ${how}`, hint);
  }
}

function checked(value: unknown, what: string): z.infer<typeof fileSchema> {
  const { success, data, error } = fileSchema.safeParse(value);
  if (success) return data;
  const wrong = error.issues.map((issue) =>
    issue.code === 'unrecognized_keys'
      ? `nothing is called ${issue.keys.join(', ')}`
      : `${issue.path.join('.') || 'it'}: ${issue.message}`,
  );
  throw usageError('MQB_CREDENTIALS', `${what}: ${wrong.join('; ')}`, hint);
}

function isCertificate(text: string): boolean {
  try {
    return new X509Certificate(text).raw.length > 0;
  } catch {
    return false;
  }
}
