import { NodeLoads } from './node-loads';

const capacity = { cpu: 4_000, memory: 8_000 };
const sample = (cpuMilli: number, memoryUsedBytes: number) => ({ name: 'n1', usage: { cpuMilli, memoryUsedBytes } });

it('averages what nodes are busy with, so that a peak decides nothing', () => {
  const loads = new NodeLoads();
  expect(loads.add(sample(1_000, 4_000), capacity)).toEqual({ cpu: 0.25, memory: 0.5 });
  expect(loads.add(sample(4_000, 4_000), capacity).cpu).toBeCloseTo(0.4);
  for (let beat = 0; beat < 40; beat++) loads.add(sample(4_000, 4_000), capacity);
  expect(loads.add(sample(4_000, 4_000), capacity).cpu).toBeCloseTo(1);
});

it('keeps the average while an agent is silent, and forgets nodes that are gone', () => {
  const loads = new NodeLoads();
  loads.add(sample(2_000, 8_000), capacity);
  expect(loads.add({ name: 'n1' }, capacity)).toEqual({ cpu: 0.5, memory: 1 });
  loads.keep(new Set());
  expect(loads.add({ name: 'n1' }, capacity)).toEqual({ cpu: 0, memory: 0 });
});
