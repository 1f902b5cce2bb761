import { parseRequestPath, splitUrl, withoutWatchPath } from './request-path';

it.each([
  ['/api/v1/pods', { group: '', version: 'v1', plural: 'pods' }],
  ['/api/v1/namespaces', { group: '', version: 'v1', plural: 'namespaces' }],
  ['/api/v1/namespaces/team', { group: '', version: 'v1', plural: 'namespaces', name: 'team' }],
  [
    '/api/v1/namespaces/team/status',
    { group: '', version: 'v1', plural: 'namespaces', name: 'team', subresource: 'status' },
  ],
  ['/api/v1/namespaces/team/pods', { group: '', version: 'v1', namespace: 'team', plural: 'pods' }],
  [
    '/api/v1/namespaces/team/pods/web/log',
    { group: '', version: 'v1', namespace: 'team', plural: 'pods', name: 'web', subresource: 'log' },
  ],
  ['/apis/coordination.k8s.io/v1/leases', { group: 'coordination.k8s.io', version: 'v1', plural: 'leases' }],
  [
    '/apis/apps/v1/namespaces/a/deployments/b/scale',
    { group: 'apps', version: 'v1', namespace: 'a', plural: 'deployments', name: 'b', subresource: 'scale' },
  ],
  ['/api/v1/nodes/n%201', { group: '', version: 'v1', plural: 'nodes', name: 'n 1' }],
  ['/api/v1', { group: '', version: 'v1' }],
])('reads %s', (path, expected) => {
  expect(parseRequestPath(path)).toEqual(expected);
});

it.each(['/', '/metrics', '/api', '/apis/apps', '/api/v1/pods/a/b/c'])('knows nothing of %s', (path) => {
  expect(parseRequestPath(path)).toBeUndefined();
});

it('does not let an encoded slash climb: it stays part of the name', () => {
  expect(parseRequestPath('/api/v1/namespaces/a/configmaps/..%2f..%2fsecrets')?.name).toBe('../../secrets');
});

it('refuses broken percent-encoding', () => {
  expect(() => parseRequestPath('/api/v1/pods/%zz')).toThrow(expect.objectContaining({ code: 400 }));
});

it.each([
  ['/api/v1/pods?limit=5&watch', '/api/v1/pods', 'limit=5&watch='],
  ['//api//v1', '/api//v1', ''],
  ['/api/../metrics?', '/api/../metrics', ''],
  [undefined, '/', ''],
])('%s asks for %s with %j', (url, pathname, query) => {
  const split = splitUrl(url);
  expect([split.pathname, split.searchParams.toString()]).toEqual([pathname, query]);
});

it.each([
  ['/api/v1/watch/pods', '/api/v1/pods?watch=true'],
  ['/api/v1/watch/namespaces/a/pods?resourceVersion=3', '/api/v1/namespaces/a/pods?resourceVersion=3&watch=true'],
  [
    '/apis/apps/v1/watch/namespaces/a/deployments/b',
    '/apis/apps/v1/namespaces/a/deployments?watch=true&fieldSelector=metadata.name%3Db',
  ],
  ['/api/v1/watch/namespaces/a', '/api/v1/namespaces?watch=true&fieldSelector=metadata.name%3Da'],
  ['/api/v1/namespaces/watch/pods', '/api/v1/namespaces/watch/pods'],
  ['/api/v1/watch/pods/a/log', '/api/v1/watch/pods/a/log'],
])('the former path %s means %s', (url, meant) => {
  const { pathname, searchParams } = withoutWatchPath(splitUrl(url));
  expect(searchParams.size === 0 ? pathname : `${pathname}?${searchParams.toString()}`).toBe(meant);
});
