import { alreadyExists, forbidden, invalid, notFound } from '../../shared/status-error';
import { hintFor, tellHint } from './hints';
import { createPalette } from './palette';

const deployments = { group: 'apps', resource: 'deployments' };

it.each([
  [notFound(deployments, 'web'), 'kubectl-lite get deployments.apps -A'],
  [alreadyExists({ group: '', resource: 'pods' }, 'web'), 'kubectl-lite edit pods web'],
  [forbidden(deployments, 'web', 'no'), 'kubectl-lite auth can-i --list'],
  [invalid({ group: 'apps', kind: 'Deployment' }, 'web', []), 'kubectl-lite explain deployment'],
])('%s: what to type next', (error, hint) => {
  expect(hintFor(error)).toContain(hint);
});

it("has nothing to add to an error that is not the server's", () => {
  expect(hintFor(new Error('no'))).toBeUndefined();
});

it.each([
  [true, 1],
  [false, 0],
])('tells people alone: a terminal %s', (isTTY, count) => {
  const said: string[] = [];
  const environment = { stderr: { isTTY } };
  const context = { environment, palette: createPalette(false), note: (text: string) => void said.push(text) };
  tellHint(context as unknown as Parameters<typeof tellHint>[0], notFound(deployments, 'web'));
  expect(said).toHaveLength(count);
});
