import { Judge } from '../testing/refusals';

let judge: Judge;
beforeAll(async () => (judge = await Judge.start()));
afterAll(() => judge.stop());

const container = { name: 'c', image: 'i' };
const spec = (fields: object) => ({ spec: { containers: [container], ...fields } });
const of = (fields: object, pod: object = {}) => ({ spec: { containers: [{ ...container, ...fields }], ...pod } });
const at = 'spec.containers[0]';
const volumes = [{ name: 'data', emptyDir: {} }];
const mount = (fields: object, more: object = {}) =>
  of({ volumeMounts: [{ name: 'data', mountPath: '/d', ...fields }], ...more }, { volumes });
const needed = 'requiredDuringSchedulingIgnoredDuringExecution';
const LABEL = /a lowercase RFC 1123 label must consist/;
const SUBDOMAIN = /a lowercase RFC 1123 subdomain must consist/;

it.each<[string, object, (string | RegExp)[]]>([
  ['nothing wrong', spec({}), []],
  ['no spec', {}, ['spec.containers: Required value']],
  // What is empty is as good as absent.
  [
    'empty choices',
    of({ imagePullPolicy: '', ports: [{ containerPort: 1, protocol: '' }] }, { restartPolicy: '' }),
    [],
  ],
  ['a negative grace period', spec({ terminationGracePeriodSeconds: -1 }), []],
  ['a pull secret without a name', spec({ imagePullSecrets: [{ name: '' }] }), []],
  // Volumes
  ['a volume without a name', spec({ volumes: [{ emptyDir: {} }] }), ['spec.volumes[0].name: Required value']],
  [
    'two sources in a volume',
    spec({ volumes: [{ name: 'v', secret: { secretName: 's' }, emptyDir: {} }] }),
    ['spec.volumes[0].secret: Forbidden: may not specify more than 1 volume type'],
  ],
  [
    'a path on the host of no type',
    spec({ volumes: [{ name: 'v', hostPath: { path: '/a/../b', type: 'X' } }] }),
    [
      'spec.volumes[0].hostPath.path: Invalid value: "/a/../b": must not contain \'..\'',
      'spec.volumes[0].hostPath.type: Unsupported value: "X": supported values: "", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"',
    ],
  ],
  [
    'a source of another cloud that lacks what it needs',
    spec({ volumes: [{ name: 'v', rbd: {} }] }),
    ['spec.volumes[0].rbd.monitors: Required value', 'spec.volumes[0].rbd.image: Required value'],
  ],
  [
    'files that leave their volume',
    spec({ volumes: [{ name: 'v', configMap: { name: 'm', items: [{ key: 'k', path: '..x' }] } }] }),
    ['spec.volumes[0].configMap.items[0].path: Invalid value: "..x": must not start with \'..\''],
  ],
  [
    'two projected files of one path',
    spec({
      volumes: [
        {
          name: 'v',
          projected: {
            sources: [
              { secret: { name: 's', items: [{ key: 'a', path: 'p' }] } },
              { configMap: { name: 'm', items: [{ key: 'a', path: 'p' }] } },
            ],
          },
        },
      ],
    }),
    ['spec.volumes[0].projected: Invalid value: "m": conflicting duplicate paths'],
  ],
  [
    'a token of a minute',
    spec({
      volumes: [{ name: 'v', projected: { sources: [{ serviceAccountToken: { path: 't', expirationSeconds: 60 } }] } }],
    }),
    [
      'spec.volumes[0].projected.sources[0].serviceAccountToken.expirationSeconds: Invalid value: 60: may not specify a duration less than 10 minutes',
    ],
  ],
  [
    'a field that no file can have',
    spec({
      volumes: [{ name: 'v', downwardAPI: { items: [{ path: 'p', fieldRef: { fieldPath: 'spec.nodeName' } }] } }],
    }),
    [
      'spec.volumes[0].downwardAPI.fieldRef.fieldPath: Unsupported value: "spec.nodeName": supported values: "metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", "metadata.uid"',
    ],
  ],
  [
    'a claim made for the pod that asks for nothing',
    spec({
      volumes: [{ name: 'v', ephemeral: { volumeClaimTemplate: { spec: { accessModes: ['ReadWriteOnce'] } } } }],
    }),
    ['spec.volumes[0].ephemeral.volumeClaimTemplate.spec.resources[storage]: Required value'],
  ],
  // Containers
  [
    'a container without a name or an image',
    { spec: { containers: [{}] } },
    [`${at}.name: Required value`, `${at}.image: Required value`],
  ],
  [
    'blanks around an image',
    of({ image: ' i' }),
    [`${at}.image: Invalid value: " i": must not have leading or trailing whitespace`],
  ],
  [
    'another policy for messages',
    of({ terminationMessagePolicy: 'X' }),
    [`${at}.terminationMessagePolicy: Unsupported value: "X": supported values: "File", "FallbackToLogsOnError"`],
  ],
  [
    'a restart policy of its own',
    of({ restartPolicy: 'Always' }),
    [`${at}.restartPolicy: Forbidden: may not be set for non-init containers`],
  ],
  [
    'ports of one name, and one of none',
    of({ ports: [{ name: 'a', containerPort: 1 }, { name: 'a', containerPort: 2 }, { name: 'b' }] }),
    [`${at}.ports[1].name: Duplicate value: "a"`, `${at}.ports[2].containerPort: Required value`],
  ],
  [
    'a host port twice',
    of({
      ports: [
        { containerPort: 1, hostPort: 5 },
        { containerPort: 2, hostPort: 5 },
      ],
    }),
    [`${at}.ports[1].hostPort: Duplicate value: "TCP//5"`],
  ],
  ['a name twice', { spec: { containers: [container, container] } }, ['spec.containers[1].name: Duplicate value: "c"']],
  [
    'an init container of another restart policy',
    spec({ initContainers: [{ name: 'i', image: 'i', restartPolicy: 'Never' }] }),
    ['spec.initContainers[0].restartPolicy: Unsupported value: "Never": supported values: "Always"'],
  ],
  // Environment
  [
    'a variable from two places and a value',
    of({ env: [{ name: 'A', value: 'x', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }] }),
    [`${at}.env[0].valueFrom: Invalid value: "": may not be specified when \`value\` is not empty`],
  ],
  [
    'fields of the pod that there are not',
    of({
      env: ['metadata.x', 'spec.x', "status['a']", 'status.phase', "metadata.labels['/']"].map((fieldPath) => ({
        name: 'A',
        valueFrom: { fieldRef: { fieldPath } },
      })),
    }),
    [
      `${at}.env[0].valueFrom.fieldRef.fieldPath: Invalid value: "metadata.x": error converting fieldPath: field label not supported: metadata.x`,
      `${at}.env[1].valueFrom.fieldRef.fieldPath: Invalid value: "spec.x": error converting fieldPath: field label not supported: spec.x`,
      `${at}.env[2].valueFrom.fieldRef.fieldPath: Invalid value: "status['a']": error converting fieldPath: field label does not support subscript: status['a']`,
      `${at}.env[3].valueFrom.fieldRef.fieldPath: Unsupported value: "status.phase": supported values: "metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName", "status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs"`,
      /env\[4\]\.valueFrom\.fieldRef: Invalid value: "\/": prefix part must be non-empty/,
      /env\[4\]/,
      /env\[4\]/,
    ],
  ],
  [
    'an amount of no resource, and in halves of a byte',
    of({
      env: [
        { name: 'A', valueFrom: { resourceFieldRef: { resource: 'limits.x' } } },
        { name: 'B', valueFrom: { resourceFieldRef: { resource: 'limits.memory', divisor: '2' } } },
        { name: 'C', valueFrom: { resourceFieldRef: { resource: 'limits.cpu', divisor: '1m' } } },
      ],
    }),
    [
      `${at}.env[0].valueFrom.resourceFieldRef.resource: Unsupported value: "limits.x": supported values: "limits.cpu", "limits.ephemeral-storage", "limits.memory", "requests.cpu", "requests.ephemeral-storage", "requests.memory"`,
      `${at}.env[1].valueFrom.resourceFieldRef.divisor: Invalid value: "limits.memory": only divisor's values 1, 1k, 1M, 1G, 1T, 1P, 1E, 1Ki, 1Mi, 1Gi, 1Ti, 1Pi, 1Ei are supported with the memory resource`,
    ],
  ],
  [
    'keys of nothing',
    of({ env: [{ name: 'A', valueFrom: { secretKeyRef: { name: '', key: '' } } }], envFrom: [{}] }),
    [
      SUBDOMAIN,
      `${at}.env[0].valueFrom.secretKeyRef.key: Required value`,
      `${at}.envFrom: Invalid value: "": must specify one of: \`configMapRef\` or \`secretRef\``,
    ],
  ],
  // Mounts
  [
    'a mount of no volume',
    of({ volumeMounts: [{ name: 'x', mountPath: '' }] }),
    [`${at}.volumeMounts[0].name: Not found: "x"`, `${at}.volumeMounts[0].mountPath: Required value`],
  ],
  [
    'a part of a volume outside of it',
    mount({ subPath: '/a/..', subPathExpr: 'b' }),
    [
      `${at}.volumeMounts.subPath: Invalid value: "/a/..": must be a relative path`,
      `${at}.volumeMounts.subPath: Invalid value: "/a/..": must not contain '..'`,
      `${at}.volumeMounts[0].subPathExpr: Invalid value: "b": subPathExpr and subPath are mutually exclusive`,
    ],
  ],
  [
    'mounts that go back to the host',
    mount({ mountPropagation: 'Bidirectional' }),
    [
      `${at}.volumeMounts.mountPropagation: Forbidden: Bidirectional mount propagation is available only to privileged containers`,
    ],
  ],
  [
    'the same of a privileged container',
    mount({ mountPropagation: 'Bidirectional' }, { securityContext: { privileged: true } }),
    [],
  ],
  [
    'reading only, all the way down, of what is written',
    mount({ recursiveReadOnly: 'Enabled' }),
    [`${at}.volumeMounts.recursiveReadOnly: Forbidden: may only be specified when readOnly is true`],
  ],
  [
    'a device that is a directory',
    of({ volumeDevices: [{ name: 'data', devicePath: '/dev/../x' }] }, { volumes }),
    [
      `${at}.volumeDevices[0].name: Invalid value: "data": can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode`,
      `${at}.volumeDevices[0].devicePath: Invalid value: "/dev/../x": can not contain backsteps ('..')`,
    ],
  ],
  // Probes
  [
    'a probe that is unlike any',
    of({
      readinessProbe: {
        httpGet: { port: 0, httpHeaders: [{ name: 'a b', value: '' }] },
        terminationGracePeriodSeconds: 5,
      },
    }),
    [
      `${at}.readinessProbe.httpGet.port: Invalid value: 0: must be between 1 and 65535, inclusive`,
      /readinessProbe\.httpGet\.httpHeaders: Invalid value: "a b": a valid HTTP header must consist of/,
      `${at}.readinessProbe.terminationGracePeriodSeconds: Invalid value: 5: must not be set for readinessProbes`,
    ],
  ],
  [
    'a probe that kills at once',
    of({ livenessProbe: { tcpSocket: { port: 1 }, terminationGracePeriodSeconds: 0, successThreshold: 2 } }),
    [
      `${at}.livenessProbe.terminationGracePeriodSeconds: Invalid value: 0: must be greater than 0`,
      `${at}.livenessProbe.successThreshold: Invalid value: 2: must be 1`,
    ],
  ],
  // Resources
  [
    'a resource of no name',
    of({ resources: { limits: { gpu: '1' } } }),
    [
      `${at}.resources.limits[gpu]: Invalid value: "gpu": must be a standard resource type or fully qualified`,
      `${at}.resources.limits[gpu]: Invalid value: "gpu": must be a standard resource for containers`,
      `${at}.resources.requests[gpu]: Invalid value: "gpu": must be a standard resource type or fully qualified`,
      `${at}.resources.requests[gpu]: Invalid value: "gpu": must be a standard resource for containers`,
    ],
  ],
  [
    'half a device',
    of({ resources: { limits: { 'x.com/gpu': '500m' } } }),
    [
      `${at}.resources.limits[x.com/gpu]: Invalid value: "500m": must be an integer`,
      `${at}.resources.requests[x.com/gpu]: Invalid value: "500m": must be an integer`,
    ],
  ],
  [
    'a page and a half',
    of({ resources: { limits: { cpu: '1', 'hugepages-2Mi': '3Mi' } } }),
    [
      `${at}.resources.limits[hugepages-2Mi]: Invalid value: "3Mi": 3Mi is not positive integer multiple of hugepages-2Mi`,
      `${at}.resources.requests[hugepages-2Mi]: Invalid value: "3Mi": 3Mi is not positive integer multiple of hugepages-2Mi`,
    ],
  ],
  [
    'a way to resize twice',
    of({
      resizePolicy: [
        { resourceName: 'cpu', restartPolicy: 'NotRequired' },
        { resourceName: 'cpu', restartPolicy: 'NotRequired' },
      ],
    }),
    [`${at}.resizePolicy[1]: Duplicate value: "cpu"`],
  ],
  // Security
  [
    'a seccomp profile that is nowhere',
    spec({ securityContext: { seccompProfile: { type: 'Localhost' } } }),
    [
      'spec.securityContext.seccompProfile.localhostProfile: Required value: must be set when seccomp type is Localhost',
    ],
  ],
  [
    'profiles of containers',
    of({ securityContext: { seccompProfile: { type: 'X' }, appArmorProfile: { type: 'X' }, procMount: 'Unmasked' } }),
    [
      `${at}.securityContext.procMount: Invalid value: "Unmasked": \`hostUsers\` must be false to use \`Unmasked\``,
      `${at}.securityContext.seccompProfile.type: Unsupported value: "X": supported values: "Localhost", "RuntimeDefault", "Unconfined"`,
      `${at}.securityContext.appArmorProfile.type: Unsupported value: "X": supported values: "Localhost", "RuntimeDefault", "Unconfined"`,
    ],
  ],
  [
    'sysctls',
    spec({
      hostNetwork: true,
      securityContext: { sysctls: [{ name: 'A' }, { name: 'net.ipv4.ip_forward', value: '1' }] },
    }),
    [
      'spec.securityContext.sysctls[0].name: Invalid value: "A": must have at most 253 characters and match regex ^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$',
      'spec.securityContext.sysctls[1].name: Invalid value: "net.ipv4.ip_forward": may not be specified when \'hostNetwork\' is true',
    ],
  ],
  [
    "users of its own with the host's processes",
    spec({ hostUsers: false, hostPID: true }),
    ['spec.HostPID: Forbidden: when `pod.Spec.HostUsers` is false'],
  ],
  [
    'windows options on linux',
    spec({ os: { name: 'linux' }, securityContext: { windowsOptions: {} } }),
    ['spec.securityContext.windowsOptions: Forbidden: windows options cannot be set for a linux pod'],
  ],
  // Placement
  [
    'node affinity',
    spec({
      affinity: {
        nodeAffinity: {
          [needed]: {
            nodeSelectorTerms: [
              {
                matchExpressions: [
                  { key: 'a', operator: 'In', values: ['-'] },
                  { key: 'a', operator: 'X' },
                ],
              },
              { matchFields: [{ key: 'metadata.uid', operator: 'In', values: [] }] },
            ],
          },
        },
      },
    }),
    [
      /nodeSelectorTerms\[0\]\.matchExpressions\[0\]\.values\[0\]: Invalid value: "-": a valid label must be/,
      /nodeSelectorTerms\[0\]\.matchExpressions\[1\]\.operator: Invalid value: "X": not a valid selector operator/,
      /nodeSelectorTerms\[1\]\.matchFields\[0\]\.values: Required value: must be only one value when `operator` is 'In' or 'NotIn' for node field selector/,
      /nodeSelectorTerms\[1\]\.matchFields\[0\]\.key: Invalid value: "metadata\.uid": not a valid field selector key/,
    ],
  ],
  [
    'pods that are near whom nobody chose',
    spec({
      affinity: { podAffinity: { [needed]: [{ topologyKey: 'a', namespaces: ['A'], matchLabelKeys: ['x'] }] } },
    }),
    [LABEL, /\[0\]\.matchLabelKeys: Forbidden: must not be specified when labelSelector is not set/],
  ],
  [
    'a spread twice',
    spec({
      topologySpreadConstraints: ['a', 'a'].map((topologyKey) => ({
        maxSkew: 1,
        topologyKey,
        whenUnsatisfiable: 'DoNotSchedule',
        nodeTaintsPolicy: 'X',
      })),
    }),
    [
      'spec.topologySpreadConstraints[0].{topologyKey, whenUnsatisfiable}: Duplicate value: "{a, DoNotSchedule}"',
      'spec.topologySpreadConstraints[0].nodeTaintsPolicy: Unsupported value: "X": supported values: "Honor", "Ignore"',
      'spec.topologySpreadConstraints[1].nodeTaintsPolicy: Unsupported value: "X": supported values: "Honor", "Ignore"',
    ],
  ],
  [
    'a node for a pod that is held back',
    spec({ nodeName: 'n', schedulingGates: [{ name: 'g' }] }),
    ['spec.nodeName: Forbidden: cannot be set until all schedulingGates have been cleared'],
  ],
  // The rest
  [
    'a resolver of its own that does not say whom to ask',
    spec({ dnsPolicy: 'None', dnsConfig: { searches: ['a'] } }),
    ['spec.dnsConfig.nameservers: Required value: must provide at least one DNS nameserver when `dnsPolicy` is None'],
  ],
  [
    'a resolver with too many to ask',
    spec({
      dnsConfig: { nameservers: ['1.1.1.1', '1.1.1.1', '1.1.1.1', 'x'], searches: ['_a.b.', '.', '!'], options: [{}] },
    }),
    [
      'spec.dnsConfig.nameservers: Invalid value: ["1.1.1.1","1.1.1.1","1.1.1.1","x"]: must not have more than 3 nameservers',
      /nameservers\[3\]: Invalid value: "x": must be a valid IP address/,
      /searches\[2\]: Invalid value: "!": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '\.'/,
      'spec.dnsConfig.options[0]: Required value: must not be empty',
    ],
  ],
  [
    'a price that is no number',
    { metadata: { name: 'it', annotations: { 'controller.kubernetes.io/pod-deletion-cost': 'x' } }, ...spec({}) },
    ['metadata.annotations[controller.kubernetes.io/pod-deletion-cost]: Invalid value: "x": must be a 32bit integer'],
  ],
])('a pod with %s', async (_what, body, expected) => {
  expect(await judge.ofNew('Pod', body)).toEqual(
    expected.map((one) => (typeof one === 'string' ? one : (expect.stringMatching(one) as string))),
  );
});

const gated = spec({ schedulingGates: [{ name: 'g' }], nodeSelector: { a: 'b' } });
const others =
  'spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)\n';
it.each<[string, object, object, string[]]>([
  ['its deadline', spec({}), { activeDeadlineSeconds: 5 }, []],
  ['its host name', spec({}), { hostname: 'h' }, [`${others}+ \thostname: "h"\n`]],
  [
    'a negative grace period to 1',
    spec({ terminationGracePeriodSeconds: -1 }),
    { terminationGracePeriodSeconds: 1 },
    [],
  ],
  ['fewer gates', gated, { schedulingGates: null }, []],
  [
    'more gates',
    gated,
    { schedulingGates: [{ name: 'g' }, { name: 'h' }] },
    ["spec.schedulingGates[1].name: Forbidden: only deletion is allowed, but found new scheduling gate 'h'"],
  ],
  ['fewer nodes while it is held back', gated, { nodeSelector: { c: 'd' } }, []],
  [
    'other nodes while it is held back',
    gated,
    { nodeSelector: { a: 'x' } },
    [
      'spec.nodeSelector: Invalid value: {"a":"x"}: only additions to spec.nodeSelector are allowed (no mutations or deletions)',
    ],
  ],
  ['other nodes', spec({}), { nodeSelector: { a: 'x' } }, [`${others}+ \tnodeSelector: {"a":"x"}\n`]],
])('a change of %s', async (_what, before, change, expected) => {
  expect(await judge.ofChange('Pod', before, { spec: change })).toEqual(expected);
});
