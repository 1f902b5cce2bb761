import { createKindList } from '../kinds/kinds';
import type { TestRegistry } from './testing/test-registry';
import { startRegistry } from './testing/test-registry';

const COUNT = 1_203;
const kind = createKindList().require('ConfigMap');
const nameOf = (index: number): string => `map-${String(index).padStart(5, '0')}`;

let parts: TestRegistry;
beforeAll(async () => {
  parts = await startRegistry();
  for (let index = 0; index < COUNT; index++) {
    await parts.client.create('ConfigMap', { metadata: { namespace: 'default', name: nameOf(index) } });
  }
});
afterAll(() => parts.registry.close());

it('hands out what there is at the start in portions, all of one moment, and then what came meanwhile', async () => {
  const watch = parts.registry.watch(kind, { namespace: 'default', allowBookmarks: true, sendInitialEvents: true });
  const portions: string[][] = [];
  for await (const signals of watch) {
    portions.push(
      signals.map(
        (signal) =>
        signal.type === 'BOOKMARK' ? 'end' : `${signal.type} ${'encoded' in signal ? signal.encoded.object.metadata.name : ''}`, // prettier-ignore
      ),
    );
    if (portions.length === 1) {
      await parts.client.create('ConfigMap', { metadata: { namespace: 'default', name: 'zz-late' } });
      await parts.client.delete('ConfigMap', { namespace: 'default', name: nameOf(COUNT - 1) });
    }
    if (portions.flat().length === COUNT + 3) watch.close();
  }
  expect(Math.max(...portions.map(({ length }) => length))).toBeLessThanOrEqual(500);
  const told = portions.flat();
  expect(told.slice(0, COUNT)).toEqual(Array.from({ length: COUNT }, (_, index) => `ADDED ${nameOf(index)}`));
  expect(told.slice(COUNT)).toEqual(['end', 'ADDED zz-late', `DELETED ${nameOf(COUNT - 1)}`]);
});
