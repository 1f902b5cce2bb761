import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Logger } from '../../shared/logger';
import { silentLogger } from '../../shared/logger';
import { FakeClock } from '../../shared/testing/fake-clock';
import { AuditLog } from './audit-log';

let folder: string;
let clock: FakeClock;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'pinsetter-audit-'));
  clock = new FakeClock();
});
afterEach(() => rmSync(folder, { recursive: true }));

const open = (limits: { maxSizeBytes?: number; maxBackups?: number; maxAgeMs?: number } = {}, logger = silentLogger) =>
  AuditLog.open({
    path: path.join(folder, 'log', 'audit.log'),
    maxSizeBytes: 1_000_000,
    maxBackups: 0,
    maxAgeMs: 0,
    clock,
    logger,
    ...limits,
  });
const files = (): string[] => readdirSync(path.join(folder, 'log')).sort();
const textOf = (name: string): string => readFileSync(path.join(folder, 'log', name), 'utf8');

it('writes everything before it closes, in order, for the eyes of its owner', async () => {
  const log = await open();
  const lines = Array.from({ length: 1_000 }, (_, index) => `line ${index}`);
  for (const line of lines) log.write(line);
  await log.close();
  expect(textOf('audit.log')).toBe(`${lines.join('\n')}\n`);
  expect(statSync(path.join(folder, 'log', 'audit.log')).mode & 0o777).toBe(0o600);
});

it('goes on where it was', async () => {
  for (const line of ['one', 'two']) {
    const log = await open();
    log.write(line);
    await log.close();
  }
  expect(textOf('audit.log')).toBe('one\ntwo\n');
});

it('puts full files aside, and keeps as many as it should for as long as it should', async () => {
  const log = await open({ maxSizeBytes: 10, maxBackups: 2 });
  for (const text of ['12345678', 'abcdefgh', 'ijklmnop', 'qrstuvwx']) {
    log.write(text);
    await log.flush();
    await clock.advance(1_000);
  }
  await log.close();
  expect(files()).toHaveLength(3);
  expect(files().map(textOf)).toEqual(['abcdefgh\n', 'ijklmnop\n', 'qrstuvwx\n']);
  expect(files()[0]).toMatch(/^audit-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{3}\.log$/);
});

it('removes files that are too old, and nothing else', async () => {
  const log = await open({ maxSizeBytes: 10, maxAgeMs: 86_400_000 });
  const stamp = (ms: number): string => new Date(ms).toISOString().slice(0, 23).replaceAll(':', '-');
  const [old, young] = [`audit-${stamp(clock.now() - 2 * 86_400_000)}.log`, `audit-${stamp(clock.now() - 1_000)}.log`];
  for (const name of [old, young, 'audit-notes.log']) writeFileSync(path.join(folder, 'log', name), '');
  log.write('12345678');
  await log.flush();
  log.write('abcdefgh');
  await log.close();
  expect(files()).not.toContain(old);
  expect(files()).toEqual(expect.arrayContaining([young, 'audit-notes.log', 'audit.log']));
});

it('loses what comes faster than it can be written rather than the memory, and says how much', async () => {
  const said: object[] = [];
  const logger: Logger = { ...silentLogger, error: (fields) => void said.push(fields) };
  const log = await open({ maxSizeBytes: 1_000_000_000 }, logger);
  const megabyte = 'x'.repeat(1024 * 1024);
  for (let count = 0; count < 40; count += 1) log.write(megabyte);
  await log.close();
  expect(said).toEqual([{ events: 9 }]);
  expect(statSync(path.join(folder, 'log', 'audit.log')).size).toBe(31 * (megabyte.length + 1));
});
