import { readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { findLeaks } from './find-leaks';
import { logFolder } from './gathered-logs';
import { readSecrets } from './known-secrets';

/** After all test files: fails the run where a log says what is secret, and leaves the logs to look at. */
// eslint-disable-next-line import-x/no-default-export -- jest calls the default export.
export default function teardown(): void {
  const folder = logFolder();
  if (folder === undefined) return;
  const secrets = readSecrets(folder);
  const logs = readdirSync(folder).filter((name) => name.endsWith('.log'));
  const leaks = logs.flatMap((name) => {
    const file = path.join(folder, name);
    return findLeaks(readFileSync(file, 'utf8'), secrets).map(({ what, line }) => `${file}:${line}: ${what}`);
  });
  if (leaks.length === 0) return rmSync(folder, { recursive: true, force: true });
  process.stderr.write(`\nlogs say what is secret:\n${leaks.join('\n')}\n`);
  // An error here would end jest before it has written down how the tests went.
  process.exitCode = 1;
}
