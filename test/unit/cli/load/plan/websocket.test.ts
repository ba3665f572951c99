import { expect, it } from 'vitest';
import { runCli } from '../../../../helpers/cli.js';

it.each(['conn', 'pub -t a', 'sub -t a', 'pubsub'])(
  '%s refuses what the opening of a WebSocket cannot hold, all of it at once',
  async (command) => {
    const { code, stdout, stderr } = await runCli([
      ...command.split(' '),
      'ws://127.0.0.1:9',
      ...['--path', 'mqtt', '--ws-header', 'A: tür☺', '--ws-header', 'a: x', '--ws-header', 'B C: y'],
    ]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatchInlineSnapshot(`
    "mqbench: --path "mqtt" does not begin with "/": write it as /mqtt
      --ws-header "A" has "☺" (U+263A) in its value, at character 4: a header holds visible characters of ISO 8859-1, spaces and tabs: write others percent-encoded, or as Base64, whichever the server reads
      --ws-header "B C" is no name of a header: it has letters, digits and !#$%&'*+-.^_\`|~, and nothing else
      --ws-header gives "a" twice: join both values by a comma in one
    "
  `);
  },
);

it('says how a header is written', async () => {
  const { stderr } = await runCli(['conn', 'ws://127.0.0.1:9', '--ws-header', 'X-Fleet=north']);
  expect(stderr).toMatchInlineSnapshot(`
    "mqbench: --ws-header "X-Fleet=north" is not a name, ":" and a value
      → e.g. --ws-header "X-Fleet: north"
    "
  `);
});
