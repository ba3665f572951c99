import { expect } from 'vitest';
import { connectBytes, connectFlags, field, publishBytes, subscribeBytes } from '../../bytes.js';
import { codeOf } from '../../raw-client.js';
import type { Statement } from '../../statement.js';

const { clean, will, willQos, willRetain, password, userName } = connectFlags;

/** What follows a CONNECT that cannot be accepted, as reason codes of CONNACK (MQTT 5). */
const malformed = [0x81, 0x82, 0x85] as const;

/** CONNECT as a packet: its order, its header, its flags. */
export const connect: readonly Statement[] = [
  {
    in311: ['MQTT-3.1.0-1'],
    in5: ['MQTT-3.1.0-1'],
    says: 'a connection that begins with another packet than CONNECT is closed, and nothing is answered',
    test: async (at) => {
      const first = [subscribeBytes(at.level, at.tag), publishBytes(at.level, at.tag), Buffer.from([0xc0, 0])];
      for (const packet of first) {
        const client = await at.open();
        client.send(packet);
        await client.closed();
        expect(client.heard.filter(({ packet }) => packet.cmd !== 'disconnect')).toEqual([]);
      }
    },
  },
  {
    in311: ['MQTT-3.1.0-2'],
    in5: ['MQTT-3.1.0-2'],
    says: 'a second CONNECT ends the connection',
    test: async (at) => {
      const client = await at.client();
      client.send(client.connectPacket(at.id()));
      await client.closedFor(0x82);
    },
  },
  {
    in311: ['MQTT-3.1.2-1'],
    in5: ['MQTT-3.1.2-1'],
    says: 'another protocol name is not taken for MQTT',
    test: async (at) => {
      for (const name of ['MQTTX', 'mqtt', '']) {
        const client = await at.open();
        client.send(connectBytes(at.level, { name, fields: [field(at.id())] }));
        await client.closedFor(0x81, 0x82, 0x84, 0x01);
      }
    },
  },
  {
    in311: ['MQTT-3.1.2-2', 'MQTT-3.2.2-4', 'MQTT-3.2.2-5'],
    says: 'a protocol level that the server does not speak gets return code 1 without Session Present, and the end',
    test: async (at) => {
      const client = await at.open();
      client.send(connectBytes(4, { version: 66, fields: [field(at.id())] }));
      expect((await client.take('connack')).bytes).toEqual(Buffer.from([0x20, 2, 0, 1]));
      await client.closed();
    },
  },
  {
    in5: ['MQTT-3.1.2-2'],
    says: 'a protocol version that the server does not speak is refused: if with a reason, with that one',
    test: async (at) => {
      const client = await at.open();
      client.send(connectBytes(5, { version: 66, fields: [field(at.id())] }));
      await client.closed();
      // Whoever asks for version 66 may read neither form: servers answer with that of 3.1.1, of 5, or not at all.
      const [answer] = client.heard;
      if (answer) expect([1, 0x84]).toContain(answer.bytes[3]);
    },
  },
  {
    in311: ['MQTT-3.1.2-3'],
    in5: ['MQTT-3.1.2-3'],
    says: 'the reserved flag of CONNECT ends the connection',
    test: async (at) => {
      const client = await at.open();
      client.send(connectBytes(at.level, { flags: clean | 1, fields: [field(at.id())] }));
      await client.closedFor(...malformed);
    },
  },
  ...flagsAndFields(),
  {
    in311: ['MQTT-3.1.3-3'],
    in5: ['MQTT-3.1.3-3'],
    says: 'a CONNECT without a client id ends the connection; with one, it is the first field',
    test: async (at) => {
      const client = await at.open();
      client.send(connectBytes(at.level, {}));
      await client.closedFor(...malformed);
      const other = await at.open();
      other.send(connectBytes(at.level, { flags: clean | userName, fields: [field(at.id()), field('user')] }));
      expect(codeOf(await other.next('connack'))).toBe(0);
    },
  },
  {
    in311: ['MQTT-3.1.4-1', 'MQTT-3.2.2-6'],
    says: 'a CONNECT that breaks the format, for which there is no return code, ends the connection without CONNACK',
    test: async (at) => {
      const wrong = [
        connectBytes(4, { flags: clean | 1, fields: [field(at.id())] }),
        connectBytes(4, { flags: clean | will | willQos | (willQos << 1), fields: ['c', 't', 'p'].map(field) }),
        connectBytes(4, { fields: [Buffer.from([0, 9, 0x61])] }),
        connectBytes(4, { fields: [field(at.id())], first: 0x11 }),
      ];
      for (const packet of wrong) {
        const client = await at.open();
        client.send(packet);
        await client.closed();
        expect(client.heard).toEqual([]);
      }
    },
  },
  {
    in5: ['MQTT-3.1.4-1'],
    says: 'a CONNECT that breaks the format ends the connection',
    test: async (at) => {
      const wrong = [
        connectBytes(5, { fields: [Buffer.from([0, 9, 0x61])] }),
        connectBytes(5, { fields: [field(at.id())], first: 0x11 }),
        Buffer.from([0x10, 3, 0, 4, 0x4d]),
      ];
      for (const packet of wrong) {
        const client = await at.open();
        client.send(packet);
        await client.closedFor(...malformed);
      }
    },
  },
  {
    in311: ['MQTT-3.1.4-5'],
    in5: ['MQTT-3.1.4-6'],
    says: 'what a client sends behind a CONNECT that is refused has no effect',
    test: async (at) => {
      const [watcher, publisher, refused] = [await at.client(), await at.client(), await at.open()];
      await watcher.subscribe(at.topic('a'));
      refused.send(
        connectBytes(at.level, { version: 66, fields: [field(at.id())] }),
        publishBytes(at.level, at.topic('a')),
      );
      await refused.closed();
      expect(await at.arrived(watcher, publisher)).toEqual([]);
    },
  },
];

/** The flags of CONNECT say which fields its payload has: whoever says otherwise is cut off. */
function flagsAndFields(): Statement[] {
  const rows: { in311: string; in5?: string; says: string; flags: number; fields: string[] }[] = [
    {
      in311: 'MQTT-3.1.2-9',
      in5: 'MQTT-3.1.2-9',
      says: 'a Will Flag without will topic and message',
      flags: will,
      fields: [],
    },
    { in311: 'MQTT-3.1.2-11', says: 'a will without a Will Flag', flags: 0, fields: ['topic', 'message'] },
    { in311: 'MQTT-3.1.2-13', in5: 'MQTT-3.1.2-11', says: 'a QoS of no will', flags: willQos, fields: [] },
    {
      in311: 'MQTT-3.1.2-14',
      in5: 'MQTT-3.1.2-12',
      says: 'a will of QoS 3',
      flags: will | (willQos * 3),
      fields: ['topic', 'message'],
    },
    { in311: 'MQTT-3.1.2-15', in5: 'MQTT-3.1.2-13', says: 'RETAIN of no will', flags: willRetain, fields: [] },
    {
      in311: 'MQTT-3.1.2-18',
      in5: 'MQTT-3.1.2-16',
      says: 'a user name without its flag',
      flags: 0,
      fields: ['user'],
    },
    {
      in311: 'MQTT-3.1.2-19',
      in5: 'MQTT-3.1.2-17',
      says: 'a user name flag without a user name',
      flags: userName,
      fields: [],
    },
    {
      in311: 'MQTT-3.1.2-20',
      in5: 'MQTT-3.1.2-18',
      says: 'a password without its flag',
      flags: userName,
      fields: ['user', 'secret'],
    },
    {
      in311: 'MQTT-3.1.2-21',
      in5: 'MQTT-3.1.2-19',
      says: 'a password flag without a password',
      flags: userName | password,
      fields: ['user'],
    },
    {
      in311: 'MQTT-3.1.2-22',
      says: 'a password flag without a user name flag',
      flags: password,
      fields: ['secret'],
    },
  ];
  return rows.map(({ in311, in5, says, flags, fields }) => ({
    in311: [in311],
    in5: in5 === undefined ? [] : [in5],
    says: `${says} ends the connection`,
    test: async (at) => {
      const [first = '', ...others] = fields;
      // A will of MQTT 5 has properties before its topic.
      const ofWill = at.level === 5 && (flags & will) !== 0 && fields.length > 0 ? [Buffer.from([0])] : [];
      const payload = [field(at.id()), ...ofWill, ...(fields.length > 0 ? [first, ...others].map(field) : [])];
      const client = await at.open();
      client.send(connectBytes(at.level, { flags: clean | flags, fields: payload }));
      await client.closedFor(...malformed);
      expect(client.heard.filter(({ packet }) => packet.cmd === 'connack' && codeOf(packet) === 0)).toEqual([]);
    },
  }));
}
