// Run by Deno, not by Node: an MQTT client on quinn's QUIC. Arguments: port, CA file, number of visits.
// Prints one JSON line per visit; from the second on it dials with 0-RTT.
const { Deno } = globalThis;

/** One line of JSON. */
const say = (value) => Deno.stdout.writeSync(new TextEncoder().encode(`${JSON.stringify(value)}\n`));

const [port, caFile, visits] = [Number(Deno.args[0]), Deno.args[1], Number(Deno.args[2])];
const caCerts = [Deno.readTextFileSync(caFile)];
const endpoint = new Deno.QuicEndpoint({ hostname: '127.0.0.1', port: 0 });

/** Reads from a stream until so many bytes are there. */
async function read(reader, length) {
  const bytes = [];
  while (bytes.length < length) {
    const { value, done } = await reader.read();
    if (done) break;
    bytes.push(...value);
  }
  return bytes;
}

const utf8 = (text) => [0, text.length, ...new TextEncoder().encode(text)];
const packet = (first, body) => Uint8Array.from([first, body.length, ...body]);
const connectPacket = (id) => packet(0x10, [...utf8('MQTT'), 4, 2, 0, 60, ...utf8(id)]);
const subscribe = packet(0x82, [0, 1, ...utf8('from/deno'), 1]);
const publish = packet(0x32, [...utf8('from/deno'), 0, 2, ...new TextEncoder().encode('hello')]);

for (let visit = 0; visit < visits; visit++) {
  const options = { hostname: '127.0.0.1', port, serverName: 'localhost', alpnProtocols: ['mqtt'], caCerts, endpoint };
  // With a usable ticket the connection is there at once, without one a promise of it.
  const dialled = Deno.connectQuic({ ...options, zeroRtt: visit > 0 });
  const early = !(dialled instanceof Promise);
  const connection = await dialled;
  const control = await connection.createBidirectionalStream();
  const writer = control.writable.getWriter();
  const reader = control.readable.getReader();
  await writer.write(connectPacket(`deno-${visit}`));
  const connack = await read(reader, 4);
  const data = await connection.createBidirectionalStream();
  const dataWriter = data.writable.getWriter();
  const dataReader = data.readable.getReader();
  await dataWriter.write(subscribe);
  const suback = await read(dataReader, 5);
  await writer.write(publish);
  const puback = await read(reader, 4);
  const delivered = await read(dataReader, 2 + 2 + 9 + 2 + 5);
  say({ connack, suback, puback, delivered, early });
  await writer.write(Uint8Array.of(0xe0, 0));
  await new Promise((resolve) => setTimeout(resolve, 100));
  connection.close({ closeCode: 0, reason: '' });
}
Deno.exit(0);
