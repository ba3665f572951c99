// One measurement in a process of its own: cell.mjs '{"measure":"load","params":{…}}'. What it measured is sent to the parent.
// With the parent, or when told to end, it ends at once, and with it everything that it has started.
import process from 'node:process';

process.on('disconnect', () => process.exit(1));
const { measure, params } = JSON.parse(process.argv[2]);
try {
  const module = await import(`./${measure}.mjs`);
  process.send({ values: await module.measure(params) }, () => process.exit(0));
} catch (error) {
  const said = error.hint === undefined ? error.message : `${error.message} (${error.hint})`;
  process.send({ failed: said }, () => process.exit(1));
}
