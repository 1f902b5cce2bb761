import { decodeProtobuf } from './decode-protobuf';

const varint = (value: number): Buffer => {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 0x7f; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80);
  return Buffer.from([...bytes, rest]);
};
const field = (number: number, content: Buffer | string): Buffer => {
  const bytes = Buffer.from(content);
  return Buffer.concat([varint(number * 8 + 2), varint(bytes.length), bytes]);
};
const number = (at: number, value: number): Buffer => Buffer.concat([varint(at * 8), varint(value)]);
const message = (...fields: Buffer[]): Buffer => Buffer.concat(fields);
const body = (apiVersion: string, kind: string, raw: Buffer): Buffer =>
  Buffer.concat([Buffer.from('k8s\0'), field(1, message(field(1, apiVersion), field(2, kind))), field(2, raw)]);

it('reads text, maps and bytes', () => {
  const raw = message(
    field(1, message(field(1, 'c'), field(3, 'team'), field(11, message(field(1, 'app'), field(2, 'web'))))),
    field(2, message(field(1, 'a'), field(2, 'b'))),
    field(3, message(field(1, 'bin'), field(2, Buffer.from([0, 255])))),
  );
  expect(decodeProtobuf(body('v1', 'ConfigMap', raw))).toEqual({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'c', namespace: 'team', labels: { app: 'web' } },
    data: { a: 'b' },
    binaryData: { bin: 'AP8=' },
  });
});

it('reads lists of messages, quantities and int-or-strings, and keeps an empty message that means something', () => {
  const container = message(
    field(1, 'app'),
    field(2, 'busybox'),
    field(3, 'sh'),
    field(3, '-c'),
    field(8, message(field(2, message(field(1, 'cpu'), field(2, message(field(1, '50m'))))))),
    field(
      11,
      message(field(1, message(field(2, message(field(1, '/'), field(2, message(number(1, 1), field(3, 'http')))))))),
    ),
  );
  const volume = message(field(1, 'tmp'), field(2, message(field(2, message()))));
  const raw = message(field(1, message(field(1, 'p'))), field(2, message(field(1, volume), field(2, container))));
  expect(decodeProtobuf(body('v1', 'Pod', raw))).toMatchObject({
    spec: {
      volumes: [{ name: 'tmp', emptyDir: {} }],
      containers: [
        {
          name: 'app',
          image: 'busybox',
          command: ['sh', '-c'],
          resources: { requests: { cpu: '50m' } },
          readinessProbe: { httpGet: { path: '/', port: 'http' } },
        },
      ],
    },
  });
});

it('leaves out fields that are not set and fields that it does not know', () => {
  const raw = message(
    field(1, message(field(1, 'n'), field(2, ''), field(8, message()))),
    field(99, 'from the future'),
  );
  expect(decodeProtobuf(body('v1', 'Namespace', raw))).toEqual({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: 'n' },
  });
});

it('tells a zero that was written because Go always writes it from one that somebody set', () => {
  const container = message(
    field(1, 'app'),
    number(16, 0),
    number(17, 0),
    number(18, 0),
    field(15, message(number(7, 0))),
  );
  const pod = message(field(2, container), number(4, 0), number(11, 0), number(12, 0), number(21, 0));
  const spec = message(number(1, 0), field(3, message(field(2, pod))), number(5, 0), number(7, 0));
  const raw = message(field(1, message(field(1, 'd'), number(7, 0))), field(2, spec), field(3, message(number(2, 0))));
  expect(decodeProtobuf(body('apps/v1', 'Deployment', raw))).toEqual({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'd' },
    spec: {
      replicas: 0,
      template: {
        spec: {
          containers: [{ name: 'app', securityContext: { allowPrivilegeEscalation: false } }],
          terminationGracePeriodSeconds: 0,
          automountServiceAccountToken: false,
        },
      },
    },
    status: {},
  });
});

it('keeps the empty name of a storage class, which says that none is wanted', () => {
  const raw = message(field(2, message(field(3, ''), field(5, ''))));
  expect(decodeProtobuf(body('v1', 'PersistentVolumeClaim', raw))).toMatchObject({ spec: { storageClassName: '' } });
  expect(decodeProtobuf(body('v1', 'PersistentVolumeClaim', raw))).not.toHaveProperty('spec.volumeName');
});

it('reads options whatever group they come with', () => {
  expect(decodeProtobuf(body('v1', 'DeleteOptions', message(number(1, 0), field(4, 'Background'))))).toMatchObject({
    gracePeriodSeconds: 0,
    propagationPolicy: 'Background',
  });
});

it.each<[string, Buffer, number]>([
  ['no magic', Buffer.from('nope'), 400],
  ['a body that is cut short', body('v1', 'ConfigMap', message(field(1, 'x'))).subarray(0, -1), 400],
  ['a kind that is not known', body('example.com/v1', 'Odd', message()), 415],
  ['a number where a message must be', body('v1', 'ConfigMap', number(1, 7)), 400],
])('refuses %s', (_what, bytes, code) => {
  expect(() => decodeProtobuf(bytes)).toThrow(expect.objectContaining({ code }));
});
