import * as fc from 'fast-check';
import type { IngressPath, NetworkIngress } from '../../shared/wire/ingress';
import { PATH_KINDS } from '../../shared/wire/ingress';
import { renderNginx } from './render-nginx';
import { PLAIN, aPath, anIngress, rendered, service } from './testing/an-ingress';
import type { Directive } from './testing/nginx-tree';
import { parseNginx } from './testing/nginx-tree';

const bodyOf = (tree: readonly Directive[], name: string): readonly Directive[] =>
  tree.find(({ words }) => words[0] === name)?.body ?? [];
const serversOf = (text: string): readonly (readonly Directive[])[] =>
  bodyOf(parseNginx(text), 'http').flatMap(({ words, body }) =>
    words[0] === 'server' && body !== undefined ? [body] : [],
  );
const serverOf = (text: string, name: string): readonly Directive[] =>
  serversOf(text).find((server) => server.some(({ words }) => words[0] === 'server_name' && words[1] === name)) ?? [];
const locationsOf = (server: readonly Directive[]): Record<string, string> =>
  Object.fromEntries(
    server
      .filter(({ words }) => words[0] === 'location')
      .map(({ words, body = [] }) => [
        words.slice(1).join(' '),
        body
          .filter((each) => ['proxy_pass', 'grpc_pass', 'return'].includes(each.words[0] ?? ''))
          .map((each) => each.words.slice(1).join(' '))
          .join(', '),
      ]),
  );
const rule = (host: string, ...paths: readonly IngressPath[]): NetworkIngress['rules'][number] => ({ host, paths });
const only = (...paths: readonly IngressPath[]): Record<string, string> =>
  locationsOf(serverOf(rendered([anIngress({ rules: [rule('a.example', ...paths)] })]).text, 'a.example'));
const to = (lastByte: number): string => `http://s-10-0-0-${lastByte}-80`;

it('takes a prefix by whole elements, with and without a slash at its end', () => {
  expect(only(aPath('/foo'))).toEqual({ '= /foo': to(1), '/foo/': to(1), '/': '404' });
  expect(only(aPath('/foo/'))).toEqual(only(aPath('/foo')));
  expect(only(aPath('/'))).toEqual({ '/': to(1) });
});

it('prefers an exact path to a prefix of the same words', () => {
  expect(only(aPath('/foo'), aPath('/foo', 'Exact', service(2)))).toEqual({
    '= /foo': to(2),
    '/foo/': to(1),
    '/': '404',
  });
});

it('writes prefixes as regular expressions where others are, the longest first', () => {
  expect(Object.entries(only(aPath('/a.b'), aPath('/api(/|$)(.*)', 'Regex', service(2))))).toEqual([
    ['~* ^/api(/|$)(.*)', to(2)],
    ['~ ^/a\\.b(?:/|\\z)', to(1)],
    ['/', '404'],
  ]);
});

it('gives a path that two ask for to the older one', () => {
  const older = anIngress({ rules: [rule('a.example', aPath('/'))] });
  const younger = anIngress({ rules: [rule('a.example', aPath('/', 'Prefix', service(2)), aPath('/more'))] });
  expect(locationsOf(serverOf(rendered([older, younger]).text, 'a.example'))).toMatchObject({
    '/': to(1),
    '/more/': to(1),
  });
});

it('lets a wildcard stand for one label', () => {
  const { text } = rendered([anIngress({ rules: [rule('*.example.com', aPath('/'))] })]);
  expect(locationsOf(serverOf(text, '~^[^.]+\\.example\\.com$'))).toEqual({ '/': to(1) });
});

it('sends what no rule takes to the default backend of its Ingress, or of one that has no rules', () => {
  const general = anIngress({ defaultBackend: service(9) });
  const own = anIngress({ rules: [rule('a.example', aPath('/x'))], defaultBackend: service(8) });
  const none = anIngress({ rules: [rule('b.example', aPath('/x'))] });
  const { text } = rendered([own, none, general]);
  expect(locationsOf(serverOf(text, 'a.example'))['/']).toBe(to(8));
  expect(locationsOf(serverOf(text, 'b.example'))['/']).toBe(to(9));
  expect(locationsOf(serverOf(text, '_'))['/']).toBe(to(9));
});

it('answers 503 for a Service that is not there, and 404 where there is no rule', () => {
  expect(only(aPath('/gone', 'Exact', { kind: 'missing' }))).toEqual({ '= /gone': '503', '/': '404' });
});

it('redirects to HTTPS under names that have a certificate, but for challenges of certificate authorities', () => {
  const paths = [aPath('/'), aPath('/.well-known/acme-challenge/x', 'Exact')];
  const tls = [{ hosts: ['a.example'], secret: 'default/cert' }];
  const { text } = rendered([anIngress({ rules: [rule('a.example', ...paths)], tls })], ['default/cert']);
  const locations = serverOf(text, 'a.example').filter(({ words }) => words[0] === 'location');
  const redirects = (each: Directive): boolean => each.body?.some(({ words }) => words[0] === 'if') === true;
  expect(locations.filter(redirects).map(({ words }) => words.slice(1).join(' '))).toEqual(['/']);
});

it.each([
  ['by its name', [{ hosts: ['a.example.com'], secret: 'default/named' }], '/certificates/default/named'],
  ['by a wildcard', [{ hosts: ['*.example.com'], secret: 'default/wild' }], '/certificates/default/wild'],
  ['for all hosts', [{ hosts: [], secret: 'default/all' }], '/certificates/default/all'],
  ['for another host', [{ hosts: ['b.example.com'], secret: 'default/named' }], '/certificates/default'],
  ['that is not there', [{ hosts: ['a.example.com'], secret: 'default/gone' }], '/certificates/default'],
])('shows a certificate that is named %s', (_how, tls, file) => {
  const secrets = ['default/named', 'default/wild', 'default/all'];
  const { text } = rendered([anIngress({ rules: [rule('a.example.com', aPath('/'))], tls })], secrets);
  const server = serverOf(text, 'a.example.com');
  expect(server.find(({ words }) => words[0] === 'ssl_certificate')?.words[1]).toBe(file);
});

it('writes what annotations ask for', () => {
  const options = {
    ...PLAIN,
    backendProtocol: 'HTTPS',
    rewriteTarget: '/$2',
    bodyLimitBytes: 0,
    readTimeoutSeconds: 90,
    buffersResponses: false,
    allowedSources: ['10.0.0.0/8'],
  } as const;
  const { text } = rendered([anIngress({ rules: [rule('a.example', aPath('/x(/|$)(.*)', 'Regex'))], options })]);
  const [location] = serverOf(text, 'a.example').filter(({ words }) => words[0] === 'location');
  expect(location?.body?.map(({ words }) => words.join(' '))).toEqual([
    'allow 10.0.0.0/8',
    'deny all',
    'rewrite (?i)^/x(/|$)(.*) /$2 break',
    'client_max_body_size 0',
    'proxy_read_timeout 90s',
    'proxy_buffering off',
    'proxy_pass https://s-10-0-0-1-80',
  ]);
});

it('passes plain ports on, with the PROXY protocol where it is asked for', () => {
  const streams = [
    { port: 9000, protocol: 'TCP', backend: service(3), acceptsProxyProtocol: true, sendsProxyProtocol: true },
    { port: 53, protocol: 'UDP', backend: service(4, 53), acceptsProxyProtocol: true, sendsProxyProtocol: false },
  ] as const;
  const { text } = renderNginx({ sites: [], streams }, RENDER);
  const servers = bodyOf(parseNginx(text), 'stream').filter(({ words }) => words[0] === 'server');
  expect(servers.map(({ body = [] }) => body.map(({ words }) => words.join(' ')))).toEqual([
    ['listen 9000 proxy_protocol', 'proxy_timeout 600s', 'proxy_protocol on', 'proxy_pass s-10-0-0-3-80'],
    ['listen 53 udp', 'proxy_timeout 60s', 'proxy_pass s-10-0-0-4-53'],
  ]);
  expect(text).not.toMatch(/listen 80/);
});

it('looks names up while it runs', () => {
  const backend = { kind: 'name', name: 'web.default.svc', isInCluster: true, port: 8080 } as const;
  const { text } = rendered([anIngress({ rules: [rule('a.example', aPath('/', 'Prefix', backend))] })]);
  expect(locationsOf(serverOf(text, 'a.example'))).toEqual({ '/': 'http://$name_0' });
  expect(text).toContain('resolver 10.0.0.10 valid=2s');
  expect(text).toContain('default "web.default.svc.cluster.local:8080"');
});

it('knows whose a line is', () => {
  const ingress = anIngress({ rules: [rule('a.example', aPath('/x'))] });
  const { text, ownerOf } = rendered([ingress]);
  const lineNumber = text.split('\n').findIndex((line) => line.includes('"/x/"')) + 1;
  expect(ownerOf(lineNumber)).toBe(`default/${ingress.name}`);
});

const RENDER = {
  httpPort: 80,
  httpsPort: 443,
  workers: 1,
  resolver: '10.0.0.10',
  clusterDomain: 'cluster.local',
  certificateFile: () => '/certificates/default',
};

describe('whatever an Ingress says', () => {
  const hostile = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom(
      '"; evil on; #',
      '"} evil {',
      '\\',
      '\\"; evil;',
      '$evil',
      '${evil}',
      "'; evil;'",
      '\n evil;',
      '/x"; evil;',
      '#',
    ),
  );
  const text = fc.array(hostile, { maxLength: 4 }).map((parts) => parts.join(''));
  const path = fc.record({
    path: text.map((each) => `/${each}`),
    kind: fc.constantFrom(...PATH_KINDS),
    backend: fc.oneof(
      fc.constant(service(1)),
      fc.record({ kind: fc.constant('address' as const), address: text, port: fc.constant(80) }),
      fc.record({ kind: fc.constant('name' as const), name: text, isInCluster: fc.boolean(), port: fc.constant(80) }),
    ),
  });
  const ingress = fc.record({
    rules: fc.array(
      fc.record({ host: fc.oneof(text, fc.constant('a.example')), paths: fc.array(path, { maxLength: 3 }) }),
      { maxLength: 3 },
    ),
    tls: fc.array(fc.record({ hosts: fc.array(text, { maxLength: 2 }), secret: text }), { maxLength: 2 }),
    options: fc.record({
      redirect: fc.constant('tls' as const),
      backendProtocol: fc.constant('HTTP' as const),
      rewriteTarget: text,
      allowedSources: fc.array(text, { maxLength: 2 }),
      deniedSources: fc.constant([]),
    }),
  });
  const KNOWN = new Set(
    'allow deny return if location server listen server_name ssl_certificate ssl_certificate_key proxy_pass rewrite upstream map resolver resolver_timeout'.split(
      ' ',
    ),
  );
  const common = new Set(bodyOf(parseNginx(rendered([]).text), 'http').map(({ words }) => words[0]));

  it('its words stay words: no directive comes of them', () => {
    fc.assert(
      fc.property(fc.array(ingress, { maxLength: 3 }), (traits) => {
        const { text: configuration } = rendered(traits.map((each) => anIngress(each)));
        const walk = (tree: readonly Directive[]): void => {
          for (const { words, body } of tree) {
            const [name = ''] = words;
            if (!KNOWN.has(name) && !common.has(name))
              throw new Error(`a directive of somebody else's: ${words.join(' ')}`);
            if (name !== 'map' && body !== undefined)
              walk(body.filter((each) => name !== 'upstream' || each.words[0] !== 'server'));
          }
        };
        walk(bodyOf(parseNginx(configuration), 'http'));
      }),
      { numRuns: 500 },
    );
  });
});
