import { SYSTEM_USER } from '../auth/user';
import { startRegistry } from './testing/test-registry';

const options = { user: SYSTEM_USER } as const;
const web = { namespace: 'default', name: 'web' };

describe('JSON patch', () => {
  async function patch(...body: readonly object[]): Promise<unknown> {
    const { registry, client } = await startRegistry();
    const annotations = { 'example.com/note': 'x' };
    await client.create('ConfigMap', { metadata: { ...web, annotations }, data: { a: '1' } });
    try {
      const result = await registry.patch(
        registry.kinds.require('ConfigMap'),
        web,
        { type: 'json', body },
        { ...options },
      );
      return { data: result.object['data'], annotations: result.object.metadata.annotations };
    } finally {
      await registry.close();
    }
  }

  it('applies its operations in order, with escaped pointers', async () => {
    const patched = await patch(
      { op: 'test', path: '/data/a', value: '1' },
      { op: 'add', path: '/data/b', value: '3' },
      { op: 'move', from: '/data/b', path: '/data/c' },
      { op: 'copy', from: '/data/c', path: '/data/d' },
      { op: 'replace', path: '/data/a', value: '9' },
      { op: 'remove', path: '/metadata/annotations/example.com~1note' },
    );
    expect(patched).toEqual({ data: { a: '9', c: '3', d: '3' } });
  });

  it('leaves the patch as it is, which may have to be applied again', async () => {
    const body = [
      { op: 'add', path: '/data', value: { a: '1' } },
      { op: 'move', from: '/data/a', path: '/data/b' },
    ];
    const before = JSON.stringify(body);
    expect(await patch(...body)).toMatchObject({ data: { b: '1' } });
    expect(JSON.stringify(body)).toBe(before);
  });

  it('replaces a field also where there is none, as Kubernetes does', async () => {
    expect(await patch({ op: 'replace', path: '/data/none', value: 'x' })).toMatchObject({ data: { none: 'x' } });
  });

  it.each([
    ['a test that fails', { op: 'test', path: '/data/a', value: '2' }],
    ['a removal of what is not there', { op: 'remove', path: '/data/none' }],
    ['a replacement in what is not there', { op: 'replace', path: '/none/deep', value: 'x' }],
    ['a move of what is not there', { op: 'move', from: '/data/none', path: '/data/b' }],
    ['a pointer without its slash', { op: 'add', path: 'data', value: {} }],
    ['a pointer into nothing', { op: 'add', path: '/none/deep', value: 1 }],
    ['a pointer at a prototype', { op: 'add', path: '/__proto__/polluted', value: 1 }],
    ['an unknown operation', { op: 'mend', path: '/data' }],
  ])('answers 422 to %s', async (_, operation) => {
    await expect(patch(operation)).rejects.toMatchObject({
      code: 422,
      reason: 'Invalid',
      message: expect.stringContaining('the server rejected our request due to an error in our request') as string,
    });
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('answers 413 to copies of copies that would grow without end', async () => {
    const doubling = Array.from({ length: 40 }, (_, index) => ({ op: 'copy', from: '/data', path: `/data/x${index}` }));
    await expect(patch(...doubling)).rejects.toMatchObject({ code: 413, reason: 'RequestEntityTooLarge' });
  });

  it('answers 400 to what is no list of operations, and 413 to too long a one', async () => {
    const { registry, client } = await startRegistry();
    await client.create('ConfigMap', { metadata: web });
    const send = (body: unknown) =>
      registry.patch(registry.kinds.require('ConfigMap'), web, { type: 'json', body }, options);
    await expect(send({ op: 'add' })).rejects.toMatchObject({ code: 400 });
    const many = Array.from({ length: 10_001 }, () => ({ op: 'test', path: '/kind', value: 'ConfigMap' }));
    await expect(send(many)).rejects.toMatchObject({ code: 413 });
    await registry.close();
  });
});
