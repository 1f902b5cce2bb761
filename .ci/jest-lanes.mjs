// Runs the test lanes one after the other (units in parallel, what needs an engine alone), each with jest's own
// summary, and ends with the total. A lane that breaks before its tests counts as a failure.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const lanes = [['unit'], ['engine', '--runInBand'], ['e2e', '--runInBand']];
const folder = mkdtempSync(path.join(tmpdir(), 'pinsetter-tests-'));
let passed = 0;
let failed = 0;
for (const [name, ...flags] of lanes) {
  console.log(`\n== ${name} ==`);
  const report = path.join(folder, `${name}.json`);
  const run = spawnSync(
    process.execPath,
    ['node_modules/jest/bin/jest.js', '--selectProjects', name, '--json', '--outputFile', report, ...flags],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
  try {
    const result = JSON.parse(readFileSync(report, 'utf8'));
    passed += result.numPassedTests;
    // A suite that cannot even load has no tests to fail.
    failed += result.numFailedTests + result.numRuntimeErrorTestSuites;
    if (run.status !== 0 && result.numFailedTests + result.numRuntimeErrorTestSuites === 0) failed += 1;
  } catch {
    failed += 1;
  }
}
rmSync(folder, { recursive: true, force: true });
console.log(`\n${passed} passed, ${failed} failed`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);
