import type { ApiObject } from './api-object';
import { LAST_APPLIED, lastAppliedOf, threeWayPatch, withLastApplied } from './three-way-patch';

const dns = (protocol: string) => ({ port: 53, protocol });
const web = { name: 'web', image: 'a:1' };

describe('the patch that brings an object to its manifest', () => {
  it.each([
    ['nothing, where the object says the same and more', {}, { a: 1 }, { a: 1, b: 2 }, undefined],
    ['a value that differs', {}, { a: 2 }, { a: 1 }, { a: 2 }],
    ['a field that is not there', {}, { a: { b: 1 } }, {}, { a: { b: 1 } }],
    ['only what differs inside', {}, { a: { b: 1, c: 2 } }, { a: { b: 1, c: 3 } }, { a: { c: 2 } }],
    ['the removal of what the manifest no longer says', { a: 1 }, {}, { a: 1 }, { a: null }],
    ['no removal of what is gone already', { a: 1 }, {}, {}, undefined],
    ['no removal of what others set', {}, {}, { a: 1 }, undefined],
    ['nothing for a null in the manifest', {}, { a: null }, { a: 1 }, undefined],
    ['no change of order', {}, { a: { x: 1, y: 2 } }, { a: { y: 2, x: 1 } }, undefined],
    ['a list of plain values as a whole', {}, { args: ['a'] }, { args: ['a', 'b'] }, { args: ['a'] }],
    [
      'one item of a list by its key',
      {},
      { containers: [{ ...web, image: 'a:2' }] },
      { containers: [web, { name: 'side', image: 'b' }] },
      { containers: [{ name: 'web', image: 'a:2' }] },
    ],
    [
      'the removal of an item that the manifest had before',
      { containers: [web, { name: 'side' }] },
      { containers: [web] },
      { containers: [web, { name: 'side' }] },
      { containers: [{ $patch: 'delete', name: 'side' }] },
    ],
    [
      'a list whose items lack the key as a whole',
      {},
      { env: [{ value: 'x' }] },
      { env: [] },
      { env: [{ value: 'x' }] },
    ],
    [
      'nothing for ports that differ by protocol and are there',
      {},
      { ports: [dns('TCP'), dns('UDP')] },
      {
        ports: [
          { ...dns('TCP'), nodePort: 1 },
          { ...dns('UDP'), nodePort: 2 },
        ],
      },
      undefined,
    ],
    [
      'all ports at once where some differ by protocol alone',
      {},
      { ports: [dns('TCP'), { ...dns('UDP'), targetPort: 54 }] },
      {
        ports: [
          { ...dns('TCP'), nodePort: 1 },
          { ...dns('UDP'), nodePort: 2 },
        ],
      },
      {
        ports: [{ ...dns('TCP'), nodePort: 1 }, { ...dns('UDP'), nodePort: 2, targetPort: 54 }, { $patch: 'replace' }],
      },
    ],
  ])('is %s', (_what, last, wanted, live, patch) => {
    expect(threeWayPatch(last, wanted, live)).toEqual(patch);
  });

  it('takes every list as one value in a merge patch', () => {
    const wanted = { containers: [{ ...web, image: 'a:2' }] };
    expect(threeWayPatch({}, wanted, { containers: [web] }, 'merge')).toEqual(wanted);
  });
});

it('remembers the manifest without the memory of the one before', () => {
  const manifest: ApiObject = {
    kind: 'Pod',
    apiVersion: 'v1',
    metadata: { name: 'a', annotations: { [LAST_APPLIED]: 'old', x: 'y' } },
  };
  const text = lastAppliedOf(manifest);
  expect(text).toBe('{"apiVersion":"v1","kind":"Pod","metadata":{"annotations":{"x":"y"},"name":"a"}}\n');
  expect(withLastApplied(manifest).metadata?.annotations).toEqual({ x: 'y', [LAST_APPLIED]: text });
});
