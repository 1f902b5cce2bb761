// Lets Node load TypeScript sources (`node --require .config/typescript-hook.cjs file.ts`): for worker threads and child
// processes of tests, which run from the sources. Production runs from dist/ and never loads this.
const { readFileSync } = require('node:fs');
const { transformSync } = require('@swc/core');

require.extensions['.ts'] = (module, filename) => {
  const { code } = transformSync(readFileSync(filename, 'utf8'), {
    filename,
    jsc: { parser: { syntax: 'typescript', decorators: true }, target: 'es2022' },
    module: { type: 'commonjs' },
  });
  module._compile(code, filename);
};
