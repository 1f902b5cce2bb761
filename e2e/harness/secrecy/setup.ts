import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { LOG_FOLDER } from './gathered-logs';

/** Before all test files: makes the folder for what their servers and agents will say. */
// eslint-disable-next-line import-x/no-default-export -- jest calls the default export.
export default function setup(): void {
  process.env[LOG_FOLDER] = mkdtempSync(path.join(tmpdir(), 'pinsetter-e2e-logs-'));
}
