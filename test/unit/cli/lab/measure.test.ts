import { expect, it } from 'vitest';
import { runCli } from '../../../helpers/cli.js';

it.each([
  ['words that a shell made several links of', ['delay', '10ms', 'loss', '1%']],
  ['words that are no link in any way', ['delay', '10ms', 'los', '1%']],
  ['a link that takes minutes for what is sent over it', ['delay 1ms', 'rate 5kbit 20 100 5']],
])('lab measure refuses %s before anything is sent', async (_, links) => {
  const { code, stdout, stderr } = await runCli(['lab', 'measure', ...links]);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toMatchSnapshot();
});
