import type { ApiObject, StoredObject } from '../../shared/api/objects';
import { loadSchemas } from '../openapi/schemas';
import { FieldSet } from './field-set';
import { decodeFields, encodeFields } from './fields-v1';
import type { ManagedFieldsEntry } from './managers';
import { applyConfiguration, baseEntries, managerName, trackUpdate } from './ownership';
import { shapeOfSchema } from './shape';

const shape = shapeOfSchema(loadSchemas(), 'io.k8s.api.core.v1.Pod');
const T0 = '2026-01-01T00:00:00Z';
const T1 = '2026-01-01T00:01:00Z';

const aPod = (spec: object, metadata: object = {}): ApiObject =>
  ({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web', ...metadata }, spec }) as ApiObject;
const writer = (name: string, time = T0) => ({ name, apiVersion: 'v1', time });

/** The object as the registry would store it. */
const stored = (object: ApiObject, managedFields: readonly ManagedFieldsEntry[]): StoredObject =>
  ({ ...object, metadata: { ...object.metadata, managedFields, creationTimestamp: T0 } }) as unknown as StoredObject;

interface Options {
  readonly force?: boolean;
  readonly time?: string;
}
const apply = (live: StoredObject | undefined, by: string, object: ApiObject, options: Options = {}): StoredObject => {
  const applied = applyConfiguration({
    live,
    applied: object,
    writer: writer(by, options.time),
    force: options.force ?? false,
    shape,
    hasStatus: true,
  });
  return stored(applied.object, applied.managedFields);
};
const update = (live: StoredObject, by: string, object: ApiObject, time = T0): StoredObject =>
  stored(
    object,
    trackUpdate({
      before: live,
      after: object,
      base: live.metadata.managedFields ?? [],
      writer: writer(by, time),
      shape,
      hasStatus: true,
    }),
  );

const fieldsOf = (object: StoredObject, manager: string): unknown =>
  object.metadata.managedFields?.find((entry) => entry.manager === manager)?.fieldsV1;
const specOf = (object: StoredObject): unknown => object['spec'];

const web = { name: 'web', image: 'busybox:1' };
const side = { name: 'side', image: 'busybox:2' };

describe('apply', () => {
  it('owns what it names: fields one by one, list items by their keys, atomic values as a whole', () => {
    const live = apply(
      undefined,
      'me',
      aPod(
        {
          nodeSelector: { disk: 'ssd' },
          containers: [{ ...web, args: ['a'], ports: [{ containerPort: 80 }] }],
        },
        { labels: { app: 'web' } },
      ),
    );
    expect(fieldsOf(live, 'me')).toEqual({
      'f:metadata': { 'f:labels': { 'f:app': {} } },
      'f:spec': {
        'f:nodeSelector': {},
        'f:containers': {
          'k:{"name":"web"}': {
            '.': {},
            'f:name': {},
            'f:image': {},
            'f:args': {},
            'f:ports': { 'k:{"containerPort":80,"protocol":"TCP"}': { '.': {}, 'f:containerPort': {} } },
          },
        },
      },
    });
  });

  it('removes what it named before and names no more, and nothing else', () => {
    const first = apply(
      undefined,
      'me',
      aPod({ containers: [web, side], hostname: 'a' }, { labels: { x: '1', y: '2' } }),
    );
    const live = update(first, 'editor', {
      ...first,
      metadata: { ...first.metadata, labels: { x: '1', y: '2', z: '3' } },
    } as ApiObject);
    const next = apply(live, 'me', aPod({ containers: [web] }, { labels: { x: '1' } }));
    expect(specOf(next)).toEqual({ containers: [web] });
    expect(next.metadata.labels).toEqual({ x: '1', z: '3' });
  });

  it('removes a map that it emptied', () => {
    const live = apply(undefined, 'me', aPod({ containers: [web] }, { labels: { x: '1' } }));
    expect(apply(live, 'me', aPod({ containers: [web] })).metadata.labels).toBeUndefined();
  });

  it('keeps a list item of which others own a part, with its keys', () => {
    const first = apply(undefined, 'me', aPod({ containers: [web, side] }));
    const live = apply(first, 'other', aPod({ containers: [{ name: 'side', tty: true }] }));
    const next = apply(live, 'me', aPod({ containers: [web] }));
    expect(specOf(next)).toEqual({ containers: [web, { name: 'side', tty: true }] });
  });

  it('refuses to change what others own, and names them and the fields', () => {
    const first = apply(undefined, 'me', aPod({ containers: [web], hostname: 'a' }));
    const live = update(first, 'editor', { ...first, spec: { containers: [web], hostname: 'b' } } as ApiObject, T1);
    expect(() => apply(live, 'me', aPod({ containers: [web], hostname: 'a' }))).toThrow(
      'Apply failed with 1 conflict: conflict with "editor" using v1: .spec.hostname',
    );
    const other = aPod({ containers: [{ ...web, image: 'busybox:9' }], hostname: 'c' });
    expect(() => apply(live, 'third', other)).toThrow(
      [
        'Apply failed with 2 conflicts: conflicts with "editor" using v1:',
        '- .spec.hostname',
        'conflicts with "me":',
        '- .spec.containers[name="web"].image',
      ].join('\n'),
    );
  });

  it('reports each conflicting field as a cause', () => {
    const live = apply(undefined, 'me', aPod({ containers: [web] }));
    const refused = (): unknown => apply(live, 'other', aPod({ containers: [{ ...web, image: 'x' }] }));
    expect(refused).toThrow(
      expect.objectContaining({
        code: 409,
        reason: 'Conflict',
        details: {
          causes: [
            {
              reason: 'FieldManagerConflict',
              message: 'conflict with "me"',
              field: '.spec.containers[name="web"].image',
            },
          ],
        },
      }) as Error,
    );
  });

  it('takes over by force, so that the other owns it no more', () => {
    const live = apply(undefined, 'me', aPod({ containers: [web], hostname: 'a' }));
    const next = apply(live, 'other', aPod({ containers: [web], hostname: 'b' }), { force: true });
    expect(specOf(next)).toMatchObject({ hostname: 'b' });
    expect(fieldsOf(next, 'me')).toMatchObject({ 'f:spec': { 'f:containers': expect.anything() as unknown } });
    expect(JSON.stringify(fieldsOf(next, 'me'))).not.toContain('hostname');
  });

  it('shares a field whose value both want', () => {
    const live = apply(undefined, 'me', aPod({ containers: [web], hostname: 'a' }));
    const shared = apply(live, 'other', aPod({ containers: [web], hostname: 'a' }));
    expect(JSON.stringify(fieldsOf(shared, 'me'))).toContain('hostname');
    expect(JSON.stringify(fieldsOf(shared, 'other'))).toContain('hostname');
    // One lets go: the other still wants it.
    expect(specOf(apply(shared, 'me', aPod({ containers: [web] })))).toMatchObject({ hostname: 'a' });
  });

  it('changes nothing, not even the time, when it says the same again', () => {
    const live = apply(undefined, 'me', aPod({ containers: [web] }));
    expect(apply(live, 'me', aPod({ containers: [web] }), { time: T1 })).toEqual(live);
  });

  it('merges the items of a set: the applied in their order, what others added before what it stood before', () => {
    const live = update(apply(undefined, 'me', aPod({ containers: [web] }, { finalizers: ['a/a', 'b/b'] })), 'editor', {
      ...aPod({ containers: [web] }, { finalizers: ['a/a', 'x/x', 'b/b'] }),
    });
    const next = apply(live, 'me', aPod({ containers: [web] }, { finalizers: ['b/b', 'a/a'] }));
    expect(next.metadata.finalizers).toEqual(['x/x', 'b/b', 'a/a']);
  });

  it('owns what stood before anybody was recorded, as before-first-apply', () => {
    const live = stored(aPod({ containers: [web], hostname: 'a' }), []);
    expect(() => apply(live, 'me', aPod({ containers: [web], hostname: 'b' }))).toThrow(
      'conflict with "before-first-apply" using v1: .spec.hostname',
    );
  });

  it.each([
    ['two items with the same keys', { containers: [web, web] }, 'two items with the keys {"name":"web"}'],
    ['an item without its key', { containers: [{ image: 'x' }] }, 'an applied list item has none of its keys (name)'],
  ])('refuses %s', (_what, spec, message) => {
    const live = apply(undefined, 'me', aPod({ containers: [web] }));
    expect(() => apply(live, 'me', aPod(spec))).toThrow(message);
  });

  it('refuses a configuration that brings its own managedFields', () => {
    const object = aPod({ containers: [web] }, { managedFields: [{ manager: 'x' }] });
    expect(() => apply(undefined, 'me', object)).toThrow('metadata.managedFields must be nil');
  });
});

describe('apply by who applied on the client before', () => {
  const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';
  const configuration = aPod({ containers: [web], hostname: 'a' });
  const byClient = update(
    stored({} as ApiObject, []),
    'kubectl-client-side-apply',
    aPod({ containers: [web], hostname: 'a' }, { annotations: { [LAST_APPLIED]: JSON.stringify(configuration) } }),
  );
  const changed = aPod({ containers: [web], hostname: 'b' });

  it('takes over what stands as it was applied, and keeps the record up to date', () => {
    const next = apply(byClient, 'kubectl', changed);
    expect(specOf(next)).toMatchObject({ hostname: 'b' });
    expect(next.metadata.annotations?.[LAST_APPLIED]).toBe(`${JSON.stringify(changed)}\n`);
  });

  it('conflicts over what others have changed since', () => {
    const live = update(byClient, 'editor', aPod({ containers: [web], hostname: 'c' }, { ...byClient.metadata }));
    expect(() => apply(live, 'kubectl', changed)).toThrow('conflict with "editor" using v1: .spec.hostname');
  });

  it('conflicts over what others applied, and over a record of another version or none', () => {
    expect(() => apply(byClient, 'someone', changed)).toThrow('kubectl-client-side-apply');
    for (const record of ['{"apiVersion":"v0"}', '{', '7']) {
      const live = { ...byClient, metadata: { ...byClient.metadata, annotations: { [LAST_APPLIED]: record } } };
      expect(() => apply(live, 'kubectl', changed)).toThrow('kubectl-client-side-apply');
    }
  });
});

describe('update', () => {
  it('gives the writer what it changed, and takes it from everybody else', () => {
    const first = apply(undefined, 'me', aPod({ containers: [web], hostname: 'a' }));
    const next = update(first, 'editor', { ...first, spec: { containers: [web], hostname: 'b' } } as ApiObject);
    expect(fieldsOf(next, 'editor')).toEqual({ 'f:spec': { 'f:hostname': {} } });
    expect(JSON.stringify(fieldsOf(next, 'me'))).not.toContain('hostname');
  });

  it('takes what is removed from its owners', () => {
    const first = apply(undefined, 'me', aPod({ containers: [web] }, { labels: { x: '1' } }));
    const next = update(first, 'editor', { ...first, metadata: { ...first.metadata, labels: undefined } } as never);
    expect(JSON.stringify(fieldsOf(next, 'me'))).not.toContain('labels');
    expect(fieldsOf(next, 'editor')).toBeUndefined();
  });

  it('records nothing when nothing changes', () => {
    const first = apply(undefined, 'me', aPod({ containers: [web] }));
    expect(update(first, 'editor', first as ApiObject).metadata.managedFields).toEqual(first.metadata.managedFields);
  });

  it.each([
    [aPod({ containers: [{ ...web, ports: [{ containerPort: 80 }], env: [], resources: { limits: { cpu: '1' } } }] })],
    [aPod({ containers: [web, web], nodeSelector: { a: 'b' }, securityContext: {} }, { labels: { x: '1' } })],
    [aPod({ containers: [], tolerations: [{ key: 'a' }] }, { finalizers: ['a/b', 'c/d'], annotations: {}, uid: 'u' })],
  ])('gives the creator of an object all that comparing it with nothing finds', (object) => {
    const entries = (before: StoredObject | undefined) =>
      trackUpdate({ before, after: object, base: [], writer: writer('me'), shape, hasStatus: true });
    expect(entries(undefined)).toEqual(entries({ metadata: {} } as unknown as StoredObject));
  });

  it('leaves status to who writes the status', () => {
    const first = apply(undefined, 'me', aPod({ containers: [web] }));
    const status = { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] };
    const entries = trackUpdate({
      before: first,
      after: { ...first, status } as ApiObject,
      base: first.metadata.managedFields ?? [],
      writer: { ...writer('kubelet'), subresource: 'status' },
      shape,
      hasStatus: true,
    });
    expect(entries.find(({ manager }) => manager === 'kubelet')).toMatchObject({
      subresource: 'status',
      fieldsV1: {
        'f:status': {
          'f:phase': {},
          'f:conditions': { '.': {}, 'k:{"type":"Ready"}': { '.': {}, 'f:status': {}, 'f:type': {} } },
        },
      },
    });
  });

  it('merges the oldest updaters when there are more than ten', () => {
    let live = stored(aPod({ containers: [web] }, { labels: {} }), []);
    for (let index = 0; index < 14; index += 1) {
      const labels = { ...live.metadata.labels, [`l${index}`]: 'x' };
      const time = `2026-01-01T00:00:${String(index).padStart(2, '0')}Z`;
      live = update(live, `m${index}`, { ...live, metadata: { ...live.metadata, labels } } as ApiObject, time);
    }
    const managers = live.metadata.managedFields?.map(({ manager }) => manager) ?? [];
    expect(managers).toHaveLength(10);
    expect(managers).toContain('ancient-changes');
    expect(managers).not.toContain('m0');
    expect(JSON.stringify(fieldsOf(live, 'ancient-changes'))).toContain('f:l4');
  });
});

describe('the entries on the wire', () => {
  it('round-trip', () => {
    const text = { 'f:a': { '.': {}, 'k:{"name":"x"}': { '.': {}, 'f:b': {} }, 'v:"y"': {} }, 'f:c': {} };
    expect(encodeFields(decodeFields(text))).toEqual(text);
  });

  it.each([[[]], ['x'], [{ nonsense: {} }], [{ 'f:a': 1 }]])('refuse %j', (fields) => {
    expect(() => decodeFields(fields)).toThrow(expect.objectContaining({ code: 400 }) as Error);
  });

  it('are cleared by one empty entry, kept by none, and replaced by others', () => {
    const live = [
      { manager: 'a', operation: 'Apply', apiVersion: 'v1', fieldsType: 'FieldsV1', fieldsV1: { 'f:a': {} } },
    ];
    expect(baseEntries([{}], live)).toEqual([]);
    expect(baseEntries(undefined, live)).toEqual(live);
    expect(baseEntries([], live)).toEqual(live);
    const other = [{ ...live[0], manager: 'b' }];
    expect(baseEntries(other, live)).toEqual(other);
  });

  it('name the manager by the parameter, else by the client', () => {
    expect(managerName('me', 'kubectl/v1.35')).toBe('me');
    expect(managerName(undefined, 'kubectl/v1.35 (linux)')).toBe('kubectl');
    expect(managerName(undefined, undefined)).toBe('unknown');
    expect(managerName(undefined, 'x'.repeat(129))).toBe('x'.repeat(128));
  });
});

describe('a set of fields', () => {
  const set = (...paths: readonly string[]): FieldSet =>
    paths.reduce(
      (all, path) =>
        all.union(
          path
            .split(' ')
            .reduceRight((below, each) => FieldSet.of(false, new Map([[`f:${each}`, below]])), FieldSet.member),
        ),
      FieldSet.empty,
    );
  const texts = (of: FieldSet): string[] =>
    [...of.paths()].map((path) => path.map((each) => each.slice(2)).join(' ')).sort();

  it.each([
    ['union', set('a', 'a b').union(set('c')), ['a', 'a b', 'c']],
    ['difference', set('a', 'a b', 'c').difference(set('a', 'c')), ['a b']],
    ['intersection', set('a', 'a b', 'c').intersection(set('a b', 'c d')), ['a b']],
    ['difference with all of itself', set('a b', 'c').difference(set('a b', 'c')), []],
  ])('%s', (_name, result, expected) => {
    expect(texts(result)).toEqual(expected);
  });
});
