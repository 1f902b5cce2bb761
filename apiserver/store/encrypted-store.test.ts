import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { silentLogger } from '../../shared/logger';
import { FakeClock } from '../../shared/testing/fake-clock';
import { describeStoreContract } from './contract/store-contract';
import type { EncryptedStore } from './encrypted-store';
import { encryptStore } from './encrypted-store';
import { EncryptionError } from './encryption/key-ring';
import { createMemoryStore } from './memory/memory-store';
import { openSqliteStore } from './sqlite/sqlite-store';
import type { Store } from './store';

const PREFIX = '/registry/secrets/';
const KEY = `${PREFIX}default/db`;
const CANARY = 'canary-3f1c9be2d7';
const line = (id: string, byte: number): string => `${id}:${Buffer.alloc(32, byte).toString('base64')}\n`;

let folder: string;
let keyFile: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'pinsetter-encryption-'));
  keyFile = path.join(folder, 'encryption.keys');
});
afterEach(() => rmSync(folder, { recursive: true }));

const writeKeys = (...lines: string[]): void => writeFileSync(keyFile, lines.join(''), { mode: 0o600 });
const encrypt = (store: Store, prefixes: readonly string[] = [PREFIX], makesKeyFile = true): Promise<EncryptedStore> =>
  encryptStore(store, { keyFile, makesKeyFile, prefixes, logger: silentLogger });
const put = (store: Store, key: string, text: string): Promise<unknown> =>
  store.commit({ compares: [], ops: [{ type: 'put', key, value: Buffer.from(text) }] });
const textOf = async (store: Store, key: string): Promise<string | undefined> =>
  (await store.get(key))?.value.toString();

describeStoreContract('the memory driver, with everything encrypted', async (clock) => {
  const contractFolder = mkdtempSync(path.join(tmpdir(), 'pinsetter-encryption-'));
  const store = await encryptStore(createMemoryStore({ clock }), {
    keyFile: path.join(contractFolder, 'keys'),
    makesKeyFile: true,
    prefixes: [''],
    logger: silentLogger,
  });
  return {
    store,
    dispose: async () => {
      await store.close();
      rmSync(contractFolder, { recursive: true });
    },
  };
});

describe('on disk', () => {
  const files = 'store';
  const openSqlite = (): Promise<Store> =>
    openSqliteStore({ directory: path.join(folder, files), clock: new FakeClock(), logger: silentLogger });
  const bytesOnDisk = (): Buffer =>
    Buffer.concat(readdirSync(path.join(folder, files)).map((name) => readFileSync(path.join(folder, files, name))));

  it('leaves nothing of a secret in any file, not in the log of writes either, nor in a backup', async () => {
    const store = await encrypt(await openSqlite());
    await put(store, KEY, `{"data":"${CANARY}"}`);
    await put(store, '/registry/configmaps/default/open', 'plain-to-see');
    expect(bytesOnDisk().includes('plain-to-see')).toBe(true);
    expect(bytesOnDisk().includes(CANARY)).toBe(false);
    expect(bytesOnDisk().includes('k8s:enc:aesgcm:v1:key1:')).toBe(true);
    const backup = path.join(folder, 'backup');
    await store.backup(backup);
    expect(readFileSync(backup).includes(CANARY)).toBe(false);
    await store.close();
    expect(bytesOnDisk().includes(CANARY)).toBe(false);

    const again = await encrypt(await openSqlite());
    expect(await textOf(again, KEY)).toBe(`{"data":"${CANARY}"}`);
    await again.close();
  });

  it('reads what was written in the clear before, and encrypts it in the background', async () => {
    const plain = await openSqlite();
    await put(plain, KEY, CANARY);
    await plain.close();
    const inner = await openSqlite();
    const store = await encrypt(inner);
    expect(await textOf(store, KEY)).toBe(CANARY);
    expect(await store.rotate()).toBe(1);
    expect(await textOf(inner, KEY)).toMatch(/^k8s:enc:aesgcm:v1:key1:/);
    expect(await textOf(store, KEY)).toBe(CANARY);
    expect(store.compactedRevision).toBe(store.revision);
    await store.close();
  });
});

describe('keys', () => {
  let inner: Store;
  beforeEach(() => {
    inner = createMemoryStore({ clock: new FakeClock() });
  });
  afterEach(() => inner.close());

  it('are made on the first start, for their owner alone, and stay', async () => {
    await encrypt(inner);
    expect(statSync(keyFile).mode & 0o777).toBe(0o600);
    const made = readFileSync(keyFile, 'utf8');
    expect(made).toMatch(/^key1:[A-Za-z0-9+/]{43}=$/m);
    await encrypt(inner);
    expect(readFileSync(keyFile, 'utf8')).toBe(made);
  });

  it('encrypt the same value differently each time', async () => {
    const store = await encrypt(inner);
    const stored: (string | undefined)[] = [];
    for (let round = 0; round < 3; round += 1) {
      await put(store, KEY, CANARY);
      stored.push((await inner.get(KEY))?.value.toString('hex'));
    }
    expect(new Set(stored).size).toBe(3);
  });

  it('change with the file: old values are read, written anew, and the old key is needed no more', async () => {
    writeKeys(line('old', 1));
    await put(await encrypt(inner), KEY, CANARY);
    writeKeys(line('new', 2), line('old', 1));
    const store = await encrypt(inner);
    expect(await textOf(store, KEY)).toBe(CANARY);
    await put(store, `${PREFIX}default/other`, 'x');
    expect(await store.rotate()).toBe(1);
    expect(await store.rotate()).toBe(0);
    writeKeys(line('new', 2));
    expect(await textOf(await encrypt(inner), KEY)).toBe(CANARY);
  });

  it('tell watchers of a rewritten value what it is, not how it is stored', async () => {
    writeKeys(line('old', 1));
    await put(await encrypt(inner), KEY, CANARY);
    writeKeys(line('new', 2), line('old', 1));
    const store = await encrypt(inner);
    const { snapshot, watcher } = await store.listAndWatch({ prefix: PREFIX });
    expect(snapshot.items[0]?.value.toString()).toBe(CANARY);
    await store.rotate();
    for await (const { events } of watcher) {
      expect(events.map(({ kv, previous }) => [kv, previous].map((each) => each?.value.toString()))).toEqual([
        [CANARY, CANARY],
      ]);
      break;
    }
  });

  it('never undo what somebody else writes while values are written anew', async () => {
    await put(inner, KEY, 'before');
    const store = await encrypt(inner);
    await Promise.all([store.rotate(), put(store, KEY, 'after')]);
    expect(await textOf(store, KEY)).toBe('after');
    expect(await textOf(inner, KEY)).toMatch(/^k8s:enc:/);
  });

  it.each<[string, () => Promise<void>, string]>([
    [
      'is missing from the file',
      () => Promise.resolve(writeKeys(line('new', 2))),
      `${KEY} is encrypted with the key "old", which is not in`,
    ],
    [
      'has another content',
      () => Promise.resolve(writeKeys(line('old', 3))),
      `${KEY} cannot be decrypted with the key "old"`,
    ],
    [
      'is gone with its file',
      () => Promise.resolve(rmSync(keyFile)),
      `${KEY} is encrypted with the key "old", but the key file`,
    ],
    [
      'encrypted a value that was moved to another key',
      async () => {
        const value = (await inner.get(KEY))?.value ?? Buffer.alloc(0);
        const ops = [{ type: 'put', key: `${PREFIX}default/moved`, value } as const];
        await inner.commit({ compares: [], ops });
      },
      `${PREFIX}default/moved cannot be decrypted with the key "old"`,
    ],
    [
      'encrypted a value that was cut off',
      async () => {
        const value = (await inner.get(KEY))?.value.subarray(0, 30) ?? Buffer.alloc(0);
        await inner.commit({ compares: [], ops: [{ type: 'put', key: KEY, value }] });
      },
      `${KEY} cannot be decrypted with the key "old"`,
    ],
  ])('stop the start where one %s', async (_, damage, message) => {
    writeKeys(line('old', 1));
    await put(await encrypt(inner), KEY, CANARY);
    await damage();
    const before = existsSync(keyFile) ? readFileSync(keyFile, 'utf8') : undefined;
    const refused = encrypt(inner);
    await expect(refused).rejects.toThrow(message);
    await expect(refused).rejects.toBeInstanceOf(EncryptionError);
    expect(existsSync(keyFile) ? readFileSync(keyFile, 'utf8') : undefined).toBe(before);
  });

  it('are not made where a file was named that is not there', async () => {
    await expect(encrypt(inner, [PREFIX], false)).rejects.toThrow(`the key file ${keyFile} does not exist`);
    expect(existsSync(keyFile)).toBe(false);
  });

  it('are refused where others may read them', async () => {
    writeKeys(line('a', 1));
    chmodSync(keyFile, 0o640);
    await expect(encrypt(inner)).rejects.toThrow(`may be read or written by others: chmod 600 ${keyFile}`);
  });

  it.each([
    ['no key\n', 'line 1: must be ID:BASE64'],
    ['\n# nothing\nshort:AAAA\n', 'line 3: the key must be 32 bytes in base64'],
    [`${line('a', 1)}${line('a', 2)}`, 'line 2: there is another key "a"'],
    ['# nothing at all\n', 'has no key'],
  ])('are refused where the file is %j', async (text, message) => {
    writeKeys(text);
    await expect(encrypt(inner)).rejects.toThrow(message);
  });
});
