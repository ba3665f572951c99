// A client process that connects, writes one byte and waits to be killed.
process.on('message', async ({ transport, dial }) => {
  const { transportFor } = await import('../../dist/transport/registry.js');
  const connection = await transportFor(transport).dial(dial);
  connection.duplex.write('x');
  setInterval(() => {}, 1000);
});
