import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { keptWireguardKey, keyOf } from './wireguard-key';

it('makes of a private key the public one that wg does', () => {
  const bytes = Buffer.from(Array.from({ length: 32 }, (_, at) => at + 1));
  expect(keyOf(bytes)).toEqual({
    privateKey: 'AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=',
    publicKey: 'B6N8vBQgk8i3VdwbEOhstCY3StFqqFPtC9/AsrhtHHw=',
  });
});

it('keeps one key, for its owner alone', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'pinsetter-wireguard-'));
  try {
    const made = await keptWireguardKey(folder);
    expect(made.publicKey).toMatch(/^[A-Za-z0-9+/]{43}=$/);
    expect(await keptWireguardKey(folder)).toEqual(made);
    expect((await stat(path.join(folder, 'wireguard.key'))).mode & 0o777).toBe(0o600);
  } finally {
    await rm(folder, { recursive: true });
  }
});
