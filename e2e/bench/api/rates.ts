import { usageOf } from '../process-usage';
import type { RawConnection } from '../raw-client';
import { median, showProgress } from '../report';

export const clockMs = (): number => performance.now();
export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Requests a second, and the server's CPU time for each. */
export interface Rate {
  readonly perSecond: number;
  readonly cpuMicros: number;
}

/** What is asked, by whom, of which process, and how it is to be answered. */
export interface Load {
  readonly connections: readonly RawConnection[];
  readonly pid: number;
  readonly request: (connection: RawConnection) => Promise<number>;
  readonly expected: number;
}

export interface Compared {
  readonly ours: Rate;
  readonly peer: Rate;
  /** Ours to the peer's, round by round. */
  readonly ratio: number;
}

/** Both in turn, as often as asked; the medians. Closes the connections. */
export async function alternating(
  what: string,
  { ours, peer }: { readonly ours: Load; readonly peer: Load },
  { rounds, seconds }: { readonly rounds: number; readonly seconds: number },
): Promise<Compared> {
  const samples: { ours: Rate; peer: Rate }[] = [];
  for (let round = 0; round < rounds; round++) {
    showProgress(`${what}: round ${round + 1} of ${rounds}`);
    samples.push({ peer: await rateOf(peer, seconds), ours: await rateOf(ours, seconds) });
  }
  for (const connection of [...ours.connections, ...peer.connections]) connection.close();
  const middle = (which: 'ours' | 'peer'): Rate => ({
    perSecond: median(samples.map((sample) => sample[which].perSecond)),
    cpuMicros: median(samples.map((sample) => sample[which].cpuMicros)),
  });
  const ratio = median(samples.map((sample) => sample.ours.perSecond / sample.peer.perSecond));
  return { ours: middle('ours'), peer: middle('peer'), ratio };
}

async function rateOf({ connections, pid, request, expected }: Load, seconds: number): Promise<Rate> {
  let count = 0;
  const before = usageOf(pid).cpuSeconds;
  const startMs = clockMs();
  const endMs = startMs + seconds * 1_000;
  await Promise.all(
    connections.map(async (connection) => {
      while (clockMs() < endMs) {
        const status = await request(connection);
        if (status !== expected) throw new Error(`answered ${status} where ${expected} was expected`);
        count += 1;
      }
    }),
  );
  const elapsed = (clockMs() - startMs) / 1_000;
  return { perSecond: count / elapsed, cpuMicros: ((usageOf(pid).cpuSeconds - before) / count) * 1e6 };
}
