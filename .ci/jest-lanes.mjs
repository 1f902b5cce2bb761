// Runs the test lanes one after the other (units in parallel, what needs an engine alone), each with jest's own
// summary, and ends with the total. A lane that breaks before its tests, or whose process outlives them, counts as a
// failure.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const EXIT_GRACE_MS = 60_000;

/** Jest's exit status; null when it had its results and yet did not end, because a test left something open. */
const runLane = (name, report, flags) =>
  new Promise((resolve) => {
    const run = spawn(
      process.execPath,
      ['node_modules/jest/bin/jest.js', '--selectProjects', name, '--json', '--outputFile', report, ...flags],
      { stdio: ['ignore', 'ignore', 'inherit'] },
    );
    let hasResultsSince;
    const watch = setInterval(() => {
      if (!existsSync(report)) return;
      hasResultsSince ??= Date.now();
      if (Date.now() - hasResultsSince < EXIT_GRACE_MS) return;
      console.error(`lane ${name}: jest has its results and does not exit: a test left a handle open`);
      run.kill('SIGKILL');
    }, 1_000);
    run.on('exit', (status) => {
      clearInterval(watch);
      resolve(status);
    });
  });

const lanes = [['unit', '--maxWorkers=100%'], ['engine', '--runInBand'], ['e2e', '--runInBand']];
const folder = mkdtempSync(path.join(tmpdir(), 'pinsetter-tests-'));
let passed = 0;
let failed = 0;
for (const [name, ...flags] of lanes) {
  console.log(`\n== ${name} ==`);
  const report = path.join(folder, `${name}.json`);
  const status = await runLane(name, report, flags);
  try {
    const result = JSON.parse(readFileSync(report, 'utf8'));
    passed += result.numPassedTests;
    // A suite that cannot even load has no tests to fail.
    const failures = result.numFailedTests + result.numRuntimeErrorTestSuites;
    failed += failures;
    if (status !== 0 && failures === 0) failed += 1;
  } catch {
    failed += 1;
  }
}
rmSync(folder, { recursive: true, force: true });
console.log(`\n${passed} passed, ${failed} failed`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);
