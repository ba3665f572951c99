import { machineError } from '../../../base/errors.js';
import { onPath, run } from '../../../base/process/child.js';

/** Debian installs it where users do not look. */
const places = ['nats-server', '/usr/sbin/nats-server', '/usr/local/sbin/nats-server'] as const;
/** The oldest that this was tried with: that of Debian 12. */
const oldest = [2, 9] as const;
const hint =
  'apt-get install nats-server (Debian, Ubuntu), or put its single binary on the path (github.com/nats-io/nats-server)';

export interface NatsProgram {
  readonly path: string;
  readonly version: string;
}

/**
 * The nats-server of this machine.
 * @param names where to look, for tests
 * @throws MQB_NATS_START when there is none, or one that is too old
 */
export async function findNatsServer(names: readonly string[] = places): Promise<NatsProgram> {
  const path = names.map((name) => onPath(name)).find((found) => found !== undefined);
  if (path === undefined)
    throw machineError('MQB_NATS_START', `there is no nats-server (looked for ${names.join(', ')})`, hint);
  const said = (await run(path, ['--version'])).trim();
  const [, version, major, minor] = /v((\d+)\.(\d+)[\w.-]*)/.exec(said) ?? [];
  if (version === undefined)
    throw machineError('MQB_NATS_START', `${path} is no nats-server: asked for its version it says "${said}"`, hint);
  if (Number(major) < oldest[0] || (Number(major) === oldest[0] && Number(minor) < oldest[1]))
    throw machineError(
      'MQB_NATS_START',
      `${path} is ${version}, and agents need nats-server ${oldest.join('.')} or newer`,
      hint,
    );
  return { path, version };
}
