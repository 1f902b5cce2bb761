/**
 * The API server's speed over TLS: GET, POST, PATCH, LIST, watch fan-out, and GET under churn, beside node:https doing the
 * same bytes, alternating.
 *   node dist/e2e/bench/api.js [--rounds 5] [--seconds 3] [--small 5000] [--large 150000] [--watchers 1000] [--audited] [--json FILE]
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { underChurn } from './api/churn';
import type { Listed } from './api/lists';
import { measureList, WAYS } from './api/lists';
import { manifestOf, PODS } from './api/pods';
import type { Compared, Load } from './api/rates';
import { alternating } from './api/rates';
import { readerToken, startTarget } from './api/start';
import type { Target } from './api/target';
import { fanOut } from './api/watches';
import type { RawConnection } from './raw-client';
import { countFlag, publish, showProgress } from './report';
import { runProgram } from './run-program';

const READERS = 32;
const WRITERS = 64;
const CHURN_SECONDS = 20;

const getPod = (headers?: Record<string, string>) => (connection: RawConnection) =>
  connection.request('GET', `${PODS}/bench-1`, undefined, headers);

/** What the peer does in place of a write: reads the body, keeps nothing. */
const peerOf = async (target: Target, method: 'GET' | 'POST', width: number): Promise<Load> => ({
  connections: await target.openBare(width),
  pid: target.barePid,
  request:
    method === 'GET'
      ? getPod()
      : (connection: RawConnection) => connection.request('POST', PODS, manifestOf('bench-bare')),
  expected: method === 'GET' ? 200 : 201,
});

async function main(argv: readonly string[]): Promise<void> {
  const small = countFlag(argv, '--small', 5_000);
  const large = countFlag(argv, '--large', 150_000);
  const watchers = [countFlag(argv, '--watchers', 1_000), countFlag(argv, '--many-watchers', 5_000)];
  const pace = { rounds: countFlag(argv, '--rounds', 5), seconds: countFlag(argv, '--seconds', 3) };
  const folder = mkdtempSync(path.join(tmpdir(), 'pinsetter-bench-'));
  const { cluster, target, stop } = await startTarget(folder, { audited: argv.includes('--audited') });
  const { pid } = target;
  try {
    const reads = { peer: await peerOf(target, 'GET', READERS), pid, expected: 200 };
    const get = await alternating(
      'GET',
      { peer: reads.peer, ours: { ...reads, connections: await target.open(READERS), request: getPod() } },
      pace,
    );
    const headers = { Authorization: `Bearer ${await readerToken(cluster)}` };
    const getByToken = await alternating(
      'GET by token',
      {
        peer: await peerOf(target, 'GET', READERS),
        ours: {
          pid,
          expected: 200,
          connections: await target.openWithoutCertificate(READERS),
          request: getPod(headers),
        },
      },
      pace,
    );
    // Before those that are posted for as long as it takes: a list is of so many as it says.
    await target.fill(small);
    const smallLists = await listsOf(target);
    const post = await alternating(
      'POST',
      {
        peer: await peerOf(target, 'POST', WRITERS),
        ours: { pid, expected: 201, connections: await target.open(WRITERS), request: target.create },
      },
      pace,
    );
    const apply = await alternating(
      'server-side apply',
      {
        peer: await peerOf(target, 'POST', WRITERS),
        ours: { pid, expected: 200, connections: await target.open(WRITERS), request: applier() },
      },
      pace,
    );
    const fanOuts = [];
    for (const count of watchers) fanOuts.push({ watchers: count, ...(await fanOut(target, count)) });
    await target.fill(large);
    const largeLists = await listsOf(target);
    const churn = await underChurn(target, CHURN_SECONDS);
    showProgress('');
    publish(
      {
        name: 'api',
        head: ['', 'Pinsetter', 'node:https', 'ratio', 'target'],
        rows: [
          ...comparedRows(`GET a pod, ${READERS} in flight, /s`, get, '0.7'),
          ...comparedRows('  by token and role', getByToken, '0.7'),
          ...comparedRows(`POST a pod, ${WRITERS} in flight, /s`, post, '2000/s'),
          ...comparedRows('server-side apply of a change, /s', apply, ''),
          ...listRows(small, smallLists, ''),
          ...listRows(large, largeLists, '2000'),
          ...fanOuts.flatMap(({ watchers: count, perSecond, cpuMicros }) => [
            [`events to ${count} watchers, /s`, perSecond.toFixed(0), '', '', '100000'],
            ['  CPU µs each', cpuMicros.toFixed(1), '', '', ''],
          ]),
          [`GET p99 at ${churn.writes.toFixed(0)} writes/s, ms`, churn.p99.toFixed(1), '', '', '20'],
        ],
        notes: [`GET p50 under churn ${churn.p50.toFixed(1)} ms; the client runs on the same cores as the servers`],
        figures: { get, getByToken, post, apply, smallLists, largeLists, fanOuts, churn },
      },
      argv,
    );
  } finally {
    await stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Changes a label of one of the pods each time, as an operator does. */
function applier(): (connection: RawConnection) => Promise<number> {
  let count = 0;
  return (connection) => {
    count += 1;
    const name = `bench-${1 + (count % 1_000)}`;
    const body = { apiVersion: 'v1', kind: 'Pod', metadata: { name, labels: { turn: String(count) } } };
    const headers = { 'Content-Type': 'application/apply-patch+yaml' };
    const path_ = `${PODS}/${name}?fieldManager=bench&force=true`;
    return connection.request('PATCH', path_, Buffer.from(JSON.stringify(body)), headers);
  };
}

type Lists = Readonly<Record<keyof typeof WAYS, Listed>>;

async function listsOf(target: Target): Promise<Lists> {
  const lists: Partial<Record<keyof typeof WAYS, Listed>> = {};
  for (const way of Object.keys(WAYS) as (keyof typeof WAYS)[]) lists[way] = await measureList(target, way);
  return lists as Lists;
}

const comparedRows = (what: string, { ours, peer, ratio }: Compared, wanted: string): string[][] => [
  [what, ours.perSecond.toFixed(0), peer.perSecond.toFixed(0), ratio.toFixed(2), wanted],
  ['  CPU µs each', ours.cpuMicros.toFixed(0), peer.cpuMicros.toFixed(0), '', ''],
];

const listRows = (count: number, lists: Lists, wanted: string): string[][] =>
  Object.entries(lists).flatMap(([way, { ms, cpuMs, extraMiB }]) => [
    [`LIST ${count} pods, ${way}, ms`, ms.toFixed(0), '', '', way === 'objects' ? wanted : ''],
    ['  CPU ms; extra memory, MiB', `${cpuMs.toFixed(0)}; ${extraMiB.toFixed(0)}`, '', '', wanted === '' ? '' : '64'],
  ]);

runProgram(main);
