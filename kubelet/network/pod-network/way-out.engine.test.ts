import type { RunProgram } from '../run-program';
import { Lan } from '../testing/lan';
import { closeWayOut, openWayOut } from './way-out';

jest.setTimeout(60_000);

const [POD, OUTSIDE, MACHINE] = [0, '10.8.0.10', '10.8.0.1'] as const;

describe('the way out of a machine without nft', () => {
  let lan: Lan;
  const run: RunProgram = (program, args, input) => lan.in('machine', program, args, input);
  /** As whom somebody beyond the machine sees the pod. */
  const seenAs = async (): Promise<string | undefined> => (await lan.ask(POD, 'tcp', OUTSIDE, 8080))[0]?.split(' ')[1];

  beforeAll(async () => {
    lan = await Lan.create(1);
    await lan.addOutside(1);
    await lan.serve('outside');
  });
  afterAll(() => lan.remove());

  it('gives what pods send the machine’s address, until it is closed', async () => {
    for (let round = 0; round < 2; round++) expect(await openWayOut('br0', '10.9.0.0/24', run)).toBe(true);
    expect(await seenAs()).toBe(MACHINE);
    await closeWayOut('br0', '10.9.0.0/24', run);
    expect(await seenAs()).toBe(lan.address(POD));
  });

  it('is not there where there is no program for it', async () => {
    const missing: RunProgram = (_program, args) => lan.in('machine', 'no-such-program', args);
    expect(await openWayOut('br0', '10.9.0.0/24', missing)).toBe(false);
  });
});
