import type { EndpointAddress } from 'kubernetes-types/core/v1';
import { truncated } from './endpoint-subsets';

const addresses = (count: number): EndpointAddress[] =>
  Array.from({ length: count }, (_, index) => ({ ip: `10.0.${Math.floor(index / 250)}.${index % 250}` }));

it.each<[string, [number, number][], [number, number][], boolean]>([
  ['keeps a thousand', [[900, 100]], [[900, 100]], false],
  ['gives up those that are not ready first', [[900, 200]], [[900, 100]], true],
  ['gives up ready ones where there are too many', [[1_500, 200]], [[1_000, 0]], true],
  [
    'takes from each subset its share',
    [
      [1_500, 0],
      [500, 0],
    ],
    [
      [750, 0],
      [250, 0],
    ],
    true,
  ],
  [
    'leaves no subset without addresses',
    [
      [1_000, 0],
      [0, 300],
    ],
    [[1_000, 0]],
    true,
  ],
])('%s', (_what, sizes, expected, isTruncated) => {
  const cut = truncated(
    sizes.map(([ready, notReady]) => ({
      ...(ready === 0 ? {} : { addresses: addresses(ready) }),
      ...(notReady === 0 ? {} : { notReadyAddresses: addresses(notReady) }),
    })),
  );
  const counts = cut.subsets.map((each) => [each.addresses?.length ?? 0, each.notReadyAddresses?.length ?? 0]);
  expect([counts, cut.isTruncated]).toEqual([expected, isTruncated]);
});
