import type { TestApi } from './testing/test-api';
import { startApi } from './testing/test-api';

let api: TestApi;
beforeEach(async () => {
  api = await startApi();
});
afterEach(() => api.close());

const CORE = '/api/v1/namespaces/default/events';
const EVENTS = '/apis/events.k8s.io/v1/namespaces/default/events';
const TIME = '2026-01-01T10:00:00.505000Z';
const [LATER, LATEST] = ['2026-01-01T10:00:01.001002Z', '2026-01-01T10:00:02.000000Z'];
const observed = (name: string, more: object = {}) => ({
  metadata: { name, labels: { of: 'test' } },
  regarding: { namespace: 'default' },
  eventTime: TIME,
  reportingController: 'test-controller',
  reportingInstance: 'test-node',
  action: 'Do',
  reason: 'Test',
  type: 'Normal',
  note: 'seen',
  ...more,
});
const merge = (path: string, body: object) =>
  api.ask('PATCH', path, { body, headers: { 'content-type': 'application/merge-patch+json' } });
const namesOf = async (path: string) =>
  ((await api.ask('GET', path)).body['items'] as { metadata: { name: string } }[]).map(({ metadata }) => metadata.name);

it('keeps an Event that names nothing but a namespace, through its whole life', async () => {
  const body = { metadata: { name: 'e', labels: { of: 'test' } }, involvedObject: { namespace: 'default' }, count: 1 };
  expect(
    (await api.ask('POST', CORE, { body: { ...body, message: 'one', reason: 'Test', type: 'Normal' } })).code,
  ).toBe(201);
  expect(await namesOf('/api/v1/events?labelSelector=of%3Dtest')).toEqual(['e']);
  expect((await merge(`${CORE}/e`, { message: 'two' })).body).toMatchObject({ message: 'two' });
  await api.ask('DELETE', `${CORE}?labelSelector=of%3Dtest`);
  expect(await namesOf(CORE)).toEqual([]);
});

it('finds Events by what they say, and counts on in their series', async () => {
  await api.ask('POST', EVENTS, { body: observed('one') });
  await api.ask('POST', EVENTS, { body: observed('two', { reportingController: 'other' }) });
  expect(await namesOf(`${EVENTS}?fieldSelector=reportingController%3Dother,regarding.namespace%3Ddefault`)).toEqual([
    'two',
  ]);
  const series = { count: 2, lastObservedTime: LATER };
  expect((await merge(`${EVENTS}/one`, { series })).body).toMatchObject({ series });
  const { body } = await api.ask('GET', `${EVENTS}/one`);
  const next = { count: 100, lastObservedTime: LATEST };
  expect((await api.ask('PUT', `${EVENTS}/one`, { body: { ...body, series: next } })).body).toMatchObject({
    series: next,
  });
});

describe('through events.k8s.io', () => {
  it.each<[string, object, string]>([
    ['no time', { eventTime: null }, 'eventTime: Required value'],
    ['a type of its own', { type: 'Loud' }, 'type: Invalid value: "": has invalid value: Loud'],
    ['a count', { deprecatedCount: 1 }, 'count: Invalid value: "": needs to be unset'],
    ['a source', { deprecatedSource: { component: 'c' } }, 'source: Invalid value: "": needs to be unset'],
    [
      'a series of one',
      { series: { count: 1, lastObservedTime: TIME } },
      'series.count: Invalid value: "": should be at least 2',
    ],
    [
      'a reporter with a strange name',
      { reportingController: 'a b' },
      'reportingController: Invalid value: "a b": name part must',
    ],
    ['nobody reporting', { reportingController: '' }, 'reportingController: Required value'],
  ])('refuses an Event with %s', async (_what, more, message) => {
    const { code, body } = await api.ask('POST', EVENTS, { body: observed('e', more) });
    expect([code, body['message']]).toEqual([422, expect.stringContaining(message)]);
  });

  it('changes nothing of an Event but its series and metadata', async () => {
    await api.ask('POST', EVENTS, { body: observed('one') });
    const refused = await merge(`${EVENTS}/one`, { note: 'other', action: 'Undo' });
    expect(refused.body).toMatchObject({
      code: 422,
      details: {
        causes: [
          { field: 'message', message: expect.stringContaining('field is immutable') as string },
          { field: 'action' },
        ],
      },
    });
    // core/v1 lets them be rewritten, as it always did.
    expect((await merge(`${CORE}/one`, { message: 'other' })).code).toBe(200);
  });
});
