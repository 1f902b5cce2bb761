import type { PodSpec } from '../../../shared/api/objects';
import { firstStatus } from './first-status';

const containers: PodSpec['containers'] = [{ name: 'c', image: 'i' }];

it('begins as a pod that nobody has placed yet', () => {
  expect(firstStatus({ containers })).toEqual({ phase: 'Pending', qosClass: 'BestEffort' });
});

it('says of a gated pod that its gates keep it', () => {
  expect(firstStatus({ containers, schedulingGates: [{ name: 'example.com/wait' }] }).conditions).toEqual([
    {
      type: 'PodScheduled',
      status: 'False',
      reason: 'SchedulingGated',
      message: 'Scheduling is blocked due to non-empty scheduling gates',
    },
  ]);
});
