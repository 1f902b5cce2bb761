import type { ApiObject } from '../../shared/api/objects';
import { StatusError } from '../../shared/status-error';
import { SYSTEM_USER } from '../auth/user';
import type { TestRegistry } from './testing/test-registry';
import { startRegistry } from './testing/test-registry';

let cluster: TestRegistry;
beforeEach(async () => {
  cluster = await startRegistry();
});
afterEach(() => cluster.registry.close());

const kind = (name: string) => cluster.registry.kinds.require(name);
const names = async (of: string, query: object): Promise<readonly string[]> =>
  (await cluster.registry.list(kind(of), { namespace: 'default', ...query })).items.map(
    ({ object }) => object.metadata.name,
  );

async function create(name: string, labels: Record<string, string> = {}): Promise<void> {
  await cluster.client.create('ConfigMap', { metadata: { namespace: 'default', name, labels } });
}

const refusal = async (attempt: Promise<unknown>): Promise<StatusError> => {
  const error: unknown = await attempt.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof StatusError) return error;
  throw new Error('it was not refused');
};

describe('label selectors', () => {
  it.each([
    ['', ['a', 'b', 'c']],
    ['tier=web', ['a']],
    ['tier==web', ['a']],
    ['tier!=web', ['b', 'c']],
    ['tier', ['a', 'b']],
    ['!tier', ['c']],
    ['tier in (web, db)', ['a', 'b']],
    ['tier notin (web)', ['b', 'c']],
    ['cores>4', ['b']],
    ['cores<4', ['a']],
    ['tier,cores>1', ['a', 'b']],
    ['tier=web,tier=db', []],
  ])('%s selects %j', async (labelSelector, expected) => {
    await create('a', { tier: 'web', cores: '2' });
    await create('b', { tier: 'db', cores: '8' });
    await create('c');
    expect(await names('ConfigMap', { labelSelector })).toEqual(expected);
  });

  it.each(['tier in web', 'tier=a b', '=x', 'tier in (', '!', 'a,,b'])('refuses %s', async (labelSelector) => {
    expect(await refusal(names('ConfigMap', { labelSelector }))).toMatchObject({ code: 400, reason: 'BadRequest' });
  });
});

describe('field selectors', () => {
  const pod = (name: string, spec: object = {}): ApiObject => ({
    metadata: { namespace: 'default', name },
    spec: { containers: [{ name: 'app', image: 'x' }], ...spec },
  });

  it.each([
    ['metadata.name=a', ['a']],
    ['metadata.namespace=default', ['a', 'b']],
    ['spec.nodeName=', ['b']],
    ['spec.nodeName=n1', ['a']],
    ['spec.nodeName!=n1,status.phase=Pending', ['b']],
    ['spec.restartPolicy=Never', ['b']],
    ['status.phase!=Succeeded,status.phase!=Failed', ['a', 'b']],
  ])('%s selects %j', async (fieldSelector, expected) => {
    await cluster.client.create('Pod', pod('a', { nodeName: 'n1' }));
    await cluster.client.create('Pod', pod('b', { restartPolicy: 'Never' }));
    expect(await names('Pod', { fieldSelector })).toEqual(expected);
  });

  it.each([
    ['spec.image=x', 'field label not supported: spec.image'],
    ['nonsense', "can't understand 'nonsense'"],
  ])('refuses %s', async (fieldSelector, message) => {
    const error = await refusal(names('Pod', { fieldSelector }));
    expect(error).toMatchObject({ code: 400, message: expect.stringContaining(message) as string });
  });

  it('refuses every field of a kind but its name and namespace where the kind knows no other', async () => {
    await expect(names('ConfigMap', { fieldSelector: 'data.a=1' })).rejects.toThrow(
      '"data.a" is not a known field selector: only "metadata.name", "metadata.namespace"',
    );
  });
});

describe('paging', () => {
  it('says 410 with a fresh token when the list is compacted away, and goes on with that one', async () => {
    for (const name of ['a', 'b', 'c', 'd']) await create(name);
    const first = await cluster.registry.list(kind('ConfigMap'), { namespace: 'default', limit: 2 });
    await cluster.client.delete('ConfigMap', { namespace: 'default', name: 'c' });
    await create('e');
    await cluster.store.compact(cluster.registry.cache.revision);
    const error = await refusal(names('ConfigMap', { limit: 2, continue: first.continue }));
    expect(error).toMatchObject({ code: 410, reason: 'Expired' });
    expect(error.message).toContain('use the continue token in this response');
    const { metadata } = error.toStatus();
    expect(await names('ConfigMap', { limit: 2, continue: metadata.continue })).toEqual(['d', 'e']);
  });

  it('says 410 without a token for an exact revision that is compacted away', async () => {
    await create('a');
    const resourceVersion = String(cluster.registry.cache.revision);
    await create('b');
    await cluster.store.compact(cluster.registry.cache.revision);
    const error = await refusal(names('ConfigMap', { resourceVersion, resourceVersionMatch: 'Exact' }));
    expect(error).toMatchObject({ code: 410, reason: 'Expired' });
    expect(error.toStatus().metadata).toEqual({});
  });

  it('shows all pages as things stood at the first, whatever is written meanwhile', async () => {
    const before = Array.from({ length: 9 }, (_, index) => `n${index}`);
    for (const name of before) await create(name);
    const seen: string[] = [];
    const revisions = new Set<string>();
    let next: string | undefined;
    let round = 0;
    do {
      const page = await cluster.registry.list(kind('ConfigMap'), {
        namespace: 'default',
        limit: 2,
        ...(next === undefined ? {} : { continue: next }),
      });
      seen.push(...page.items.map(({ object }) => object.metadata.name));
      revisions.add(page.resourceVersion);
      next = page.continue;
      await cluster.client.delete('ConfigMap', { namespace: 'default', name: `n${8 - round}` });
      await create(`n${round}-later`);
      round += 1;
    } while (next !== undefined);
    expect(seen).toEqual(before);
    expect(revisions.size).toBe(1);
  });

  it.each<[string, object, readonly string[]]>([
    ['exactly', { resourceVersionMatch: 'Exact' }, ['a']],
    ['not older than', { resourceVersionMatch: 'NotOlderThan' }, ['a', 'b']],
    ['without saying how, in pages:', { limit: 5 }, ['a']],
    ['without saying how:', {}, ['a', 'b']],
  ])('lists %s a revision', async (_how, query, expected) => {
    await create('a');
    const resourceVersion = String(cluster.registry.cache.revision);
    await create('b');
    expect(await names('ConfigMap', { resourceVersion, ...query })).toEqual(expected);
  });

  it.each(['nonsense', Buffer.from('{"v":1,"rv":5,"start":"/registry/secrets/x"}').toString('base64url')])(
    'refuses the token %s, which it did not make for this list',
    async (token) => {
      expect(await refusal(names('ConfigMap', { continue: token }))).toMatchObject({
        code: 400,
        message: 'continue key is not valid',
      });
    },
  );
});

describe('deletecollection', () => {
  it('deletes what the selectors select, in one namespace, and returns it', async () => {
    await create('a', { on: 'yes' });
    await create('b', { on: 'yes' });
    await create('c');
    await cluster.client.create('ConfigMap', {
      metadata: { namespace: 'kube-system', name: 'a', labels: { on: 'yes' } },
    });
    const deleted = await cluster.registry.deleteCollection(
      kind('ConfigMap'),
      { namespace: 'default', labelSelector: 'on=yes', fieldSelector: 'metadata.name!=b' },
      { user: SYSTEM_USER },
    );
    expect(deleted.items.map(({ object }) => object.metadata.name)).toEqual(['a']);
    expect(await names('ConfigMap', {})).toEqual(['b', 'c']);
    expect(await names('ConfigMap', { namespace: 'kube-system' })).toEqual(['a']);
  });

  it('deletes nothing in a dry run', async () => {
    await create('a');
    await cluster.registry.deleteCollection(
      kind('ConfigMap'),
      { namespace: 'default' },
      { user: SYSTEM_USER, dryRun: true },
    );
    expect(await names('ConfigMap', {})).toEqual(['a']);
  });
});
