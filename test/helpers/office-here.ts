import { afterEach, beforeEach } from 'vitest';
import { Office } from '../../src/agents/office/office.js';
import { FakeWire } from './fake-channel.js';
import { VirtualClock } from './virtual-clock.js';

/** What each test gets anew. */
export interface OfficeHere {
  clock: VirtualClock;
  wire: FakeWire;
  office: Office;
}

/** For every test of the file: a virtual clock, a channel without a server, and a coordinator's office on it, which is closed after it. */
export function officeHere(): OfficeHere {
  const here = {} as OfficeHere;
  beforeEach(() => {
    here.clock = VirtualClock.start();
    here.wire = new FakeWire();
    here.office = new Office(here.wire.open('office'), { by: 'ann@here' });
  });
  afterEach(async () => {
    const closing = here.office.close();
    await here.clock.pass(600);
    await closing;
    here.clock.stop();
  });
  return here;
}
