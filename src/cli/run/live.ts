import { messageOf } from '../../base/errors.js';
import { readResult } from '../../result/read.js';
import type { RunProgress } from '../../run/progress.js';
import { planCells } from '../../scenario/matrix.js';
import type { ResolvedScenario } from '../../scenario/types.js';
import type { Environment } from '../environment.js';

/** The live view of a run, fed with what the terminal is fed with. */
export interface Live {
  /** @param line in words */
  progress(progress: RunProgress, line: string): void;
  /** Shows what has just been written to the folder of the run. */
  cellFinished(): void;
  close(): Promise<void>;
}

/**
 * Starts the live view for `run --web [port]` and tells its address.
 * @param port true: a free one
 * @throws MQB_PORT_IN_USE
 */
export async function openLive(
  env: Environment,
  port: number | true,
  scenario: ResolvedScenario,
  folder: string,
): Promise<Live> {
  // Loaded when it is used: the charts take half a second.
  const { startLiveView } = await import('../../report/live/server.js');
  const { title, timeline } = scenario;
  const arms = [...new Set(planCells(scenario).map(({ arm }) => arm.name))];
  const plan = { arms, events: timeline.map(({ name, atMicros }) => ({ name, atMicros })) };
  const view = await startLiveView({ port: port === true ? 0 : port, title, plan });
  env.stderr.write(`Live view: ${view.url}\n`);
  return {
    progress: (progress, line) => view.progress({ ...progress, line }),
    cellFinished: () => {
      readResult(folder)
        .then((result) => view.update(result))
        .catch((error: unknown) => env.stderr.write(`live view: ${messageOf(error)}\n`));
    },
    close: () => view.close(),
  };
}
