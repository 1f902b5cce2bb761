import { createRequestFilter } from './request-filter';

const accepts = createRequestFilter({
  acceptHosts: ['^localhost$', String.raw`^127\.0\.0\.1$`],
  acceptPaths: ['^.*'],
  rejectPaths: ['^/api/.*/pods/.*/exec'],
  rejectMethods: ['^DELETE$'],
});

it.each([
  ['takes a request to this machine', { method: 'GET', host: 'localhost:8001', path: '/api' }, true],
  ['refuses what another name was asked for', { method: 'GET', host: 'evil.example:8001', path: '/api' }, false],
  ['refuses a path that is barred', { method: 'GET', host: 'localhost', path: '/api/v1/pods/x/exec' }, false],
  ['refuses a method that is barred', { method: 'DELETE', host: '127.0.0.1:1', path: '/api' }, false],
])('%s', (_what, request, isAccepted) => {
  expect(accepts(request)).toBe(isAccepted);
});

it('says which flag holds no regular expression', () => {
  expect(() =>
    createRequestFilter({ acceptHosts: ['('], acceptPaths: [], rejectPaths: [], rejectMethods: [] }),
  ).toThrow('--accept-hosts (: must be a regular expression');
});
