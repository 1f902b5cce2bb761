import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Environment } from './environment';
import { pluginFor, pluginsOnPath } from './plugins';

const folder = mkdtempSync(path.join(tmpdir(), 'kubectl-plugins-'));
const [first, second] = ['first', 'second'].map((name) => path.join(folder, name));
const environment = {
  variables: { PATH: [first, second, path.join(folder, 'none')].join(path.delimiter) },
  checkout: path.join(folder, 'checkout'),
} as unknown as Environment;

beforeAll(() => {
  const programs = [
    'first/kubectl-neat',
    'second/kubectl-neat',
    'second/kubectl-view-secret',
    'second/kubectl-my_tool',
  ];
  for (const name of [...programs, 'second/kubectl-no-program', 'second/other']) {
    const file = path.join(folder, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, '#!/bin/sh\n');
    chmodSync(file, name.endsWith('no-program') ? 0o644 : 0o755);
  }
});
afterAll(() => rmSync(folder, { recursive: true }));

it.each([
  [['neat', '-o', 'yaml'], 'first/kubectl-neat', ['-o', 'yaml']],
  [['view', 'secret', 'x'], 'second/kubectl-view-secret', ['x']],
  // A dash within a word is an underscore of the file's.
  [['my-tool'], 'second/kubectl-my_tool', []],
  [['neat', 'more', '--', 'x'], 'first/kubectl-neat', ['more', '--', 'x']],
])('%j is a plugin', (argv, file, args) => {
  expect(pluginFor(argv, environment)).toEqual({ file: path.join(folder, file), args });
});

it.each([[['nobody']], [['no', 'program']], [['-n', 'neat']], [['../second/kubectl-neat']]])('%j is none', (argv) => {
  expect(pluginFor(argv, environment)).toBeUndefined();
});

it('are listed in the order in which they are found', () => {
  expect(pluginsOnPath(environment).map((file) => path.relative(folder, file))).toEqual([
    'first/kubectl-neat',
    'second/kubectl-my_tool',
    'second/kubectl-neat',
    'second/kubectl-view-secret',
  ]);
});
