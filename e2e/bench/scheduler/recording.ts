import { ChoiceLog } from '../../../apiserver/scheduler/core/explain/choice-log';
import { greedyOnePass } from '../../../apiserver/scheduler/core/policies/greedy';
import type { Comparison } from '../../../apiserver/scheduler/core/policies/policy';
import { median } from '../report';
import { Stopwatch } from './stopwatch';
import type { Size } from './template-world';
import { filled } from './template-world';

const REMEMBERED = 10_000;
const PAIRS = 9;

/** How many percent longer decisions take when winner, runner-up and terms are recorded: the median of pairs of runs. */
export function recording(size: Size, isBatch: boolean): number {
  const run = (isRecorded: boolean): number => {
    const { cluster, shuffled: arrivals } = filled(size);
    const uids = arrivals.map((_, index) => `pod-${index}`);
    const policy = greedyOnePass.create(cluster);
    const log = new ChoiceLog(cluster.nodes, REMEMBERED);
    const options = isRecorded
      ? { record: (index: number, comparison: Comparison) => log.add(index, comparison) }
      : undefined;
    const watch = new Stopwatch().go();
    if (isBatch) {
      policy.place(arrivals, options);
      log.close((index) => uids[index]);
    } else {
      for (const [at, podClass] of arrivals.entries()) {
        policy.place([podClass], options);
        if (isRecorded) log.close(() => uids[at]);
      }
    }
    return 1 / watch.rates(arrivals.length).perCpuSecond;
  };
  for (const isRecorded of [false, true]) run(isRecorded);
  // Who goes first takes turns, as the machine may become busier or quieter in between.
  const overheads = Array.from({ length: PAIRS }, (_, pair) => {
    const isRecordedFirst = pair % 2 === 0;
    const [first, second] = [run(isRecordedFirst), run(!isRecordedFirst)];
    return 100 * (isRecordedFirst ? first / second - 1 : second / first - 1);
  });
  return median(overheads);
}
