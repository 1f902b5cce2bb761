import { Lan } from '../testing/lan';
import { serviceTableOf } from '../table-names';
import type { Frontend } from './frontend';
import { NftKernel } from './nft-kernel';

jest.setTimeout(120_000);

const [ONE, TWO] = [0, 1] as const;
const SERVICE = '10.96.0.10';
const NODE_PORT = 30_080;
const MACHINE = '10.8.0.1';
const TABLE = serviceTableOf('node');

/** What a packet finds that meets a change between two of its lookups is made by hand here. */
describe('Services whose targets change while a connection comes', () => {
  let lan: Lan;
  let outside: readonly string[];
  let kernel: NftKernel;
  let frontends: readonly Frontend[];

  beforeAll(async () => {
    lan = await Lan.create(2);
    outside = await lan.addOutside(10);
    for (const pod of [ONE, TWO]) await lan.serve(pod);
  });
  afterAll(() => lan.remove());
  beforeEach(async () => {
    kernel = new NftKernel('node', 'br0', lan.nft('machine'), (program, args, input) =>
      lan.in('machine', program, args, input),
    );
    const targets = [ONE, TWO].map((pod) => ({ address: lan.address(pod), port: 8080 }));
    frontends = [
      { protocol: 'TCP', address: SERVICE, port: 80, isExternal: false, targets },
      { protocol: 'TCP', port: NODE_PORT, isExternal: true, targets },
    ];
    await kernel.apply({
      isAnew: true,
      frontends: frontends.map((fresh) => ({ old: undefined, fresh })),
      local: { come: targets.map(({ address }) => address), gone: [] },
      pods: { come: targets.map(({ address }) => address), gone: [] },
    });
  });

  const none = (each: Frontend): Frontend => ({ ...each, targets: [] });

  it('are refused or answered, and never left without either, while they get their targets and lose them', async () => {
    // What comes between the one lookup and the other takes a packet so long that changes meet it there.
    const ten = (rule: string): string => Array.from({ length: 10 }, () => `${rule}\n`).join('');
    const chains = [1, 2, 3, 4, 5, 6].map(
      (at) => `chain slow${at} {\n${ten(at === 1 ? 'counter' : `jump slow${at - 1}`)}}\n`,
    );
    const first = 'type filter hook prerouting priority -50;\ntcp flags & (syn | ack) == syn jump slow6\n';
    await nft(`table ip slow {\n${chains.join('')}chain slow {\n${first}}\n}\n`);
    let isOver = false;
    const changing = (async (): Promise<void> => {
      while (!isOver) {
        for (const [before, after] of [
          [(each: Frontend) => each, none] as const,
          [none, (each: Frontend) => each] as const,
        ])
          await kernel.apply({
            ...{ isAnew: false, local: { come: [], gone: [] }, pods: { come: [], gone: [] } },
            frontends: frontends.map((each) => ({ old: before(each), fresh: after(each) })),
          });
      }
    })();
    const answers: string[] = [];
    // One after the other, or they would wait for each other.
    for (let round = 0; round < 24; round++) answers.push(...(await lan.ask('outside', 'tcp', SERVICE, 80)));
    isOver = true;
    await changing;
    await nft('delete table ip slow\n');
    expect(answers.filter((answer) => !/^([01] |ECONNREFUSED$)/.test(answer))).toEqual([]);
    expect(new Set(answers).size).toBeGreaterThan(1);
  });

  const nft = (text: string): Promise<string> => lan.in('machine', 'nft', ['-f', '-'], text);
  const slot = (number: number): readonly string[] => [
    `element ip ${TABLE} tcptargets { ${SERVICE} . 80 . ${number}`,
    `element ip ${TABLE} tcpnodetargets { ${NODE_PORT} . ${number}`,
  ];
  const remove = (number: number): Promise<string> =>
    nft(
      slot(number)
        .map((each) => `delete ${each} }\n`)
        .join(''),
    );
  const add = (number: number, pod: number): Promise<string> =>
    nft(
      slot(number)
        .map((each) => `add ${each} : ${lan.address(pod)} . 8080 }\n`)
        .join(''),
    );

  it.each([
    ['at its address', SERVICE, 80],
    ['at its node port', MACHINE, NODE_PORT],
  ])('answer %s by the first where the one that was drawn is gone', async (_, address, port) => {
    await remove(1);
    const names = (await lan.ask('outside', 'tcp', address, port, outside)).map((answer) => answer.split(' ')[0]);
    expect(new Set(names)).toEqual(new Set(['0']));
  });

  it.each([
    ['at its address', SERVICE, 80],
    ['at its node port', MACHINE, NODE_PORT],
  ])('answer %s at the next try where there was none', async (_, address, port) => {
    await remove(0);
    await remove(1);
    const answer = lan.in('outside', 'curl', ['-sS', '-m', '60', `http://${address}:${port}/`]);
    // Its first packet is on the way.
    while (!(await lan.in('outside', 'ss', ['-Htn', 'state', 'syn-sent'])).includes(address));
    await add(0, TWO);
    expect(await answer).toMatch(/^1 /);
  });
});
