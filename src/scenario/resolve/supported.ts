import type { Mistakes } from '../language/mistakes.js';
import type { ResolvedScenario } from '../types.js';

/**
 * What the language can say and this version's engine cannot do yet. A scenario
 * that asks for it is refused as a whole: a comparison with a silently ignored
 * field is worse than none.
 */
export function refuseUnsupported(scenario: ResolvedScenario, mistakes: Mistakes): void {
  const refuse = (path: (string | number)[], what: string): void => {
    if (!mistakes.has(path)) mistakes.add(path, `not supported by this version: ${what}`);
  };
  if (scenario.load.mqttVersion === 5)
    refuse(['load', 'mqttVersion'], 'MQTT 5 (the reference broker, aedes, speaks 3.1 and 3.1.1)');
}
