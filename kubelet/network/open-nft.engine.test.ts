import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { systemClock } from '../../shared/clock';
import { OpenNft, startProgram } from './open-nft';
import { ProgramError } from './run-program';
import { Lan } from './testing/lan';

jest.setTimeout(60_000);

/** The real program, in a network of its own. */
describe('the nft program that stays open', () => {
  let lan: Lan;
  let started: ChildProcessWithoutNullStreams[] = [];
  let scripts: string[] = [];
  let nft: OpenNft;
  beforeAll(async () => {
    lan = await Lan.create(0);
  });
  afterAll(() => lan.remove());
  beforeEach(async () => {
    [started, scripts] = [[], []];
    nft = opened('nft');
    await lan.in('machine', 'nft', ['-f', '-'], 'flush ruleset; table ip t { set s { type ipv4_addr; }; }');
  });
  afterEach(() => nft.stop());

  /** `program` in the place of nft where it is to stay open. */
  const opened = (program: string): OpenNft =>
    new OpenNft({
      clock: systemClock,
      run: (each, args, input) => {
        scripts.push(input ?? '');
        return lan.in('machine', each, args, input);
      },
      start: (_, args) => {
        const child = startProgram('ip', ['netns', 'exec', lan.nameOf('machine'), program, ...args]);
        started.push(child);
        return child;
      },
    });
  const held = async (): Promise<readonly string[]> => {
    const table = await lan.in('machine', 'nft', ['list', 'table', 'ip', 't']);
    return table.match(/\d+\.\d+\.\d+\.\d+/g) ?? [];
  };
  const add = (address: string, set = 's'): string => `add element ip t ${set} { ${address} }\n`;

  it('does what it is told, one after the other, without being started again', async () => {
    await Promise.all([
      nft.load(add('10.0.0.1')),
      nft.load(add('10.0.0.2')),
      nft.load(`delete element ip t s { 10.0.0.1 }`),
    ]);
    expect(await held()).toEqual(['10.0.0.2']);
    expect([started.length, scripts.length]).toEqual([1, 0]);
  });

  it('does all of a script or nothing of it, says why, and goes on', async () => {
    const refused = nft.load(add('10.0.0.1') + add('10.0.0.2', 'nowhere'));
    await expect(refused).rejects.toThrow(ProgramError);
    await expect(refused).rejects.toThrow(/No such file or directory[^]*nowhere/);
    await expect(nft.load('no words of its')).rejects.toThrow(/Error: .*\nno words of its/);
    expect(await held()).toEqual([]);
    await nft.load(add('10.0.0.3'));
    expect(await held()).toEqual(['10.0.0.3']);
    expect(started).toHaveLength(1);
  });

  it('sees what others changed meanwhile', async () => {
    await nft.load(add('10.0.0.1'));
    await lan.in('machine', 'nft', ['-f', '-'], 'flush ruleset; table ip t { set other { type ipv4_addr; }; }');
    await expect(nft.load(add('10.0.0.2'))).rejects.toThrow(ProgramError);
    await nft.load(add('10.0.0.2', 'other'));
    expect(await held()).toEqual(['10.0.0.2']);
  });

  it('is started again where it ended', async () => {
    await nft.load(add('10.0.0.1'));
    const [first] = started;
    first?.kill('SIGKILL');
    if (first !== undefined) await once(first, 'close');
    await nft.load(add('10.0.0.2'));
    expect(await held()).toEqual(['10.0.0.1', '10.0.0.2']);
    expect(started).toHaveLength(2);
  });

  it('is done without where it cannot be had, and for what is long', async () => {
    const many = Array.from({ length: 4_000 }, (_, at) => `10.1.${at >> 8}.${at & 255}`);
    await nft.load(`add element ip t s { ${many.join(', ')} }\n`);
    expect([started.length, scripts.length]).toEqual([0, 1]);
    const without = opened('false');
    await without.load(add('10.0.0.1'));
    await without.load(add('10.0.0.2'));
    expect([started.length, scripts.length]).toEqual([1, 3]);
    expect(await held()).toHaveLength(4_002);
  });
});
