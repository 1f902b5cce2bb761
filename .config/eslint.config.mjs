// The rules that keep the layout the architecture: dependencies point one way, time and randomness are injected,
// and each engine has one door. `make verify-lint` checks, `make fix-lint` mends what can be mended.
import path from 'node:path';
import tseslint from 'typescript-eslint';
import { importX } from 'eslint-plugin-import-x';
import { createTypeScriptImportResolver } from 'eslint-import-resolver-typescript';

const root = path.resolve(import.meta.dirname, '..');

const oneDoor = (name, door) => ({
  name,
  message: `Only ${door} may import ${name}: go through its interface.`,
});
const doors = {
  dockerode: oneDoor('dockerode', 'kubelet/runtime/docker'),
  sqlite: oneDoor('better-sqlite3', 'apiserver/store/sqlite'),
  socket: oneDoor('socket.io', 'apiserver/node-channel'),
  socketClient: oneDoor('socket.io-client', 'kubelet/session'),
};
const except = (...open) => ({
  'no-restricted-imports': [
    'error',
    { paths: Object.entries(doors).filter(([key]) => !open.includes(key)).map(([, rule]) => rule) },
  ],
});

export default tseslint.config(
  { ignores: ['node_modules/**', 'dist/**', '.pinsetter/**', 'apiserver/openapi/generated/**'] },
  {
    files: ['**/*.ts'],
    plugins: { '@typescript-eslint': tseslint.plugin, 'import-x': importX },
    languageOptions: {
      parser: tseslint.parser,
      parserOptions: { project: path.join(root, 'tsconfig.json'), tsconfigRootDir: root },
    },
    settings: { 'import-x/resolver-next': [createTypeScriptImportResolver({ project: path.join(root, 'tsconfig.json') })] },
    rules: {
      ...except(),
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true }],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      'import-x/no-cycle': 'error',
      'import-x/no-default-export': 'error',
      'import-x/no-restricted-paths': [
        'error',
        {
          basePath: root,
          zones: [
            { target: './shared', from: ['./apiserver', './kubelet', './cli', './e2e'], message: 'shared/ depends on nothing of ours.' },
            { target: './apiserver', from: ['./kubelet', './cli', './e2e'], message: 'apiserver/ leans on shared/ alone.' },
            { target: './kubelet', from: ['./apiserver', './cli', './e2e'], message: 'kubelet/ leans on shared/ alone.' },
            { target: './cli', from: ['./apiserver', './kubelet', './e2e'], message: 'cli/ leans on shared/ alone.' },
            {
              target: './apiserver/store',
              from: './apiserver',
              except: ['./store'],
              message: 'Everything in the apiserver leans on store/, and store/ on nothing but shared/.',
            },
          ],
        },
      ],
      'no-restricted-globals': [
        'error',
        { name: 'setTimeout', message: 'Time is injected: take a Clock (shared/clock.ts) and use clock.setTimeout.' },
        { name: 'setInterval', message: 'Time is injected: take a Clock (shared/clock.ts) and use clock.setInterval.' },
      ],
      'no-restricted-syntax': [
        'error',
        { selector: "CallExpression[callee.object.name='Date'][callee.property.name='now']", message: 'Time is injected: use clock.now().' },
        { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: 'Time is injected: use new Date(clock.now()).' },
        { selector: "CallExpression[callee.object.name='Math'][callee.property.name='random']", message: 'Randomness is injected: take a Random (shared/random.ts).' },
      ],
    },
  },
  { files: ['kubelet/runtime/docker/**', 'e2e/**'], rules: except('dockerode') },
  { files: ['apiserver/store/sqlite/**', 'e2e/**'], rules: except('sqlite') },
  { files: ['apiserver/node-channel/**'], rules: except('socket') },
  { files: ['kubelet/session/**'], rules: except('socketClient') },
  { files: ['e2e/**'], rules: except('dockerode', 'sqlite', 'socket', 'socketClient') },
  { files: ['shared/clock.ts', 'shared/random.ts', 'e2e/**', '**/*.test.ts'], rules: { 'no-restricted-globals': 'off', 'no-restricted-syntax': 'off' } },
);
