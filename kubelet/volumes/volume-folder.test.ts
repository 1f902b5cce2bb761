import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { removeVolumeFolder } from './volume-folder';

const base = mkdtempSync(path.join(tmpdir(), 'volumes-'));
afterAll(() => rmSync(base, { recursive: true }));
const UID = '0f8fad5b-d9cb-469f-a165-70867728950e';

it('removes what was made for a claim, also when it is gone already', async () => {
  const folder = path.join(base, `pvc-${UID}_default_data-web-0`);
  mkdirSync(path.join(folder, 'within'), { recursive: true });
  writeFileSync(path.join(folder, 'within', 'file'), 'data');
  await removeVolumeFolder(folder);
  expect(existsSync(folder)).toBe(false);
  await removeVolumeFolder(folder);
});

it.each([
  '/',
  '/etc',
  '',
  `pvc-${UID}_default_a`,
  `/etc/pvc-${UID}_default_a/..`,
  `/x/../pvc-${UID}_default_a`,
  '/x/pvc-1_default_a',
])('refuses %j', async (folder) => {
  await expect(removeVolumeFolder(folder)).rejects.toThrow('is no folder of a volume');
});
