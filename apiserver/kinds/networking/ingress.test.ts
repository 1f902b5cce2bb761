import type { ApiObject } from '../../../shared/api/objects';
import { ingressClass } from './ingress-class';
import { ingressProblems, newIngressProblems } from './ingress-problems';

const backend = { service: { name: 'web', port: { number: 80 } } };
const anIngress = (spec: object): ApiObject => ({ spec: { defaultBackend: backend, ...spec } });
const withPath = (path: object): ApiObject =>
  anIngress({ rules: [{ http: { paths: [{ path: '/', pathType: 'Prefix', backend, ...path }] } }] });
const BACKEND = 'spec.rules[0].http.paths[0].backend';

it.each<[string, ApiObject, readonly string[]]>([
  ['nothing', { spec: {} }, ['spec']],
  ['an address as host', anIngress({ rules: [{ host: '192.0.2.1' }] }), ['spec.rules[0].host']],
  ['a wildcard inside', anIngress({ rules: [{ host: 'a.*.com' }] }), ['spec.rules[0].host']],
  ['a wildcard', anIngress({ rules: [{ host: '*.example.com' }] }), []],
  ['a rule without paths', anIngress({ rules: [{ http: { paths: [] } }] }), ['spec.rules[0].http.paths']],
  ['a path that is not absolute', withPath({ path: 'x' }), ['spec.rules[0].http.paths[0].path']],
  ['a path with //', withPath({ path: '/a//b' }), ['spec.rules[0].http.paths[0].path']],
  ['a path that ends in /..', withPath({ path: '/a/..' }), ['spec.rules[0].http.paths[0].path']],
  ['a path of its own kind', withPath({ path: '/a//b', pathType: 'ImplementationSpecific' }), []],
  ['no type of path', withPath({ pathType: undefined }), ['spec.rules[0].http.paths[0].pathType']],
  ['another type of path', withPath({ pathType: 'Regex' }), ['spec.rules[0].http.paths[0].pathType']],
  ['no backend', withPath({ backend: {} }), [BACKEND]],
  ['two backends', withPath({ backend: { ...backend, resource: { kind: 'A', name: 'a' } } }), [BACKEND]],
  ['a resource', withPath({ backend: { resource: { kind: 'Bucket', name: 'a' } } }), []],
  ['no port', withPath({ backend: { service: { name: 'web' } } }), [BACKEND]],
  ['two ports', withPath({ backend: { service: { name: 'web', port: { name: 'a', number: 1 } } } }), [BACKEND]],
  [
    'port 0x10000',
    withPath({ backend: { service: { name: 'web', port: { number: 65_536 } } } }),
    [`${BACKEND}.service.port.number`],
  ],
  [
    'an odd Service',
    withPath({ backend: { service: { name: 'We', port: { number: 1 } } } }),
    [`${BACKEND}.service.name`],
  ],
  [
    'a host of TLS',
    anIngress({ tls: [{ hosts: ['a_b'], secretName: 'A' }] }),
    ['spec.tls[0].hosts[0]', 'spec.tls[0].secretName'],
  ],
])('is judged as Kubernetes does: %s', (_what, object, fields) => {
  expect(ingressProblems(object).map(({ field }) => field)).toEqual(fields);
});

it('may not be new and of two classes', () => {
  const metadata = { annotations: { 'kubernetes.io/ingress.class': 'a' } };
  expect(newIngressProblems({ metadata, spec: { ingressClassName: 'b' } })).toHaveLength(1);
  expect(newIngressProblems({ metadata, spec: { ingressClassName: 'a' } })).toEqual([]);
});

it.each<[string, object, readonly string[]]>([
  ['no controller', {}, ['spec.controller']],
  ['a controller without a domain', { controller: 'nginx' }, ['spec.controller']],
  ['a controller', { controller: 'pinsetter.io/ingress' }, []],
  [
    'parameters of a namespace that is not named',
    { controller: 'a.b/c', parameters: { kind: 'A', name: 'a', scope: 'Namespace' } },
    ['spec.parameters.namespace'],
  ],
  [
    'parameters of the cluster in a namespace',
    { controller: 'a.b/c', parameters: { kind: 'A', name: 'a', scope: 'Cluster', namespace: 'x' } },
    ['spec.parameters.namespace'],
  ],
])('classes are too: %s', (_what, spec, fields) => {
  expect(ingressClass.validate?.({ spec }).map(({ field }) => field)).toEqual(fields);
});
