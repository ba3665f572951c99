// Run by Deno, not by Node: a server on quinn's QUIC that knows just enough MQTT to answer CONNECT, SUBSCRIBE and
// PUBLISH with QoS 1, on every stream alike. Arguments: certificate file, key file. Prints its port.
const { Deno } = globalThis;

/** One line of JSON. */
const say = (value) => Deno.stdout.writeSync(new TextEncoder().encode(`${JSON.stringify(value)}\n`));

const [certFile, keyFile] = Deno.args;
const endpoint = new Deno.QuicEndpoint({ hostname: '127.0.0.1', port: 0 });
const listener = endpoint.listen({
  cert: Deno.readTextFileSync(certFile),
  key: Deno.readTextFileSync(keyFile),
  alpnProtocols: ['mqtt'],
});
say({ port: endpoint.addr.port });

/** The answer to one short packet (its remaining length fits one byte). */
function answer(bytes) {
  const type = bytes[0] >> 4;
  if (type === 1) return Uint8Array.of(0x20, 2, 0, 0);
  if (type === 8) return Uint8Array.of(0x90, 3, bytes[2], bytes[3], 1);
  if (type === 3) {
    const id = 4 + bytes[2] * 256 + bytes[3];
    return Uint8Array.of(0x40, 2, bytes[id], bytes[id + 1]);
  }
  return new Uint8Array();
}

async function serve(stream) {
  const writer = stream.writable.getWriter();
  let rest = new Uint8Array();
  for await (const chunk of stream.readable) {
    rest = Uint8Array.from([...rest, ...chunk]);
    while (rest.length >= 2 && rest.length >= 2 + rest[1]) {
      const reply = answer(rest);
      if (reply.length > 0) await writer.write(reply);
      rest = rest.slice(2 + rest[1]);
    }
  }
  await writer.close();
}

for (;;) {
  const incoming = await listener.incoming();
  const accepted = incoming.accept({ zeroRtt: true });
  const connection = Array.isArray(accepted) ? accepted[0] : await accepted;
  (async () => {
    for await (const stream of connection.incomingBidirectionalStreams) serve(stream).catch(() => {});
  })().catch(() => {});
}
