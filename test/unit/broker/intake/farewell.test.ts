import { type Packet, parser } from 'mqtt-packet';
import { expect, it } from 'vitest';
import { farewellOf, versionRefused } from '../../../../src/broker/intake/farewell.js';

function read(bytes: Buffer, protocolVersion: 4 | 5 = 5): Packet[] {
  const parse = parser({ protocolVersion });
  const packets: Packet[] = [];
  parse.on('packet', (packet) => packets.push(packet));
  parse.parse(bytes);
  return packets;
}

const unlimited = Number.POSITIVE_INFINITY;

it('says why in a CONNACK before the client is connected, and in a DISCONNECT after', () => {
  const why = { reasonCode: 0x81, properties: { reasonString: 'ä' } };
  expect(read(farewellOf(true, 0x81, 'ä', unlimited))).toMatchObject([
    { cmd: 'connack', sessionPresent: false, ...why },
  ]);
  expect(read(farewellOf(false, 0x81, 'ä', unlimited))).toMatchObject([{ cmd: 'disconnect', ...why }]);
});

it.each([true, false])('leaves its words out where they would be too much; before CONNACK: %s', (isConnecting) => {
  const whole = farewellOf(isConnecting, 0x95, 'words', unlimited);
  expect(farewellOf(isConnecting, 0x95, 'words', whole.length)).toEqual(whole);
  const short = farewellOf(isConnecting, 0x95, 'words', whole.length - 1);
  expect(short.length).toBeLessThan(10);
  expect(read(short)).toMatchObject([{ reasonCode: 0x95 }]);
  expect(short.includes('words')).toBe(false);
});

it('refuses a version in the words of MQTT 3.1.1', () => {
  expect(read(versionRefused, 4)).toMatchObject([{ cmd: 'connack', returnCode: 1, sessionPresent: false }]);
});
