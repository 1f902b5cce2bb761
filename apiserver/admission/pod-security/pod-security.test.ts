import type { ApiObject, Container, KindName, Pod, PodSpec } from '../../../shared/api/objects';
import { SYSTEM_USER } from '../../auth/user';
import type { WriteResult } from '../../registry/registry';
import type { TestRegistry } from '../../registry/testing/test-registry';
import { startRegistry } from '../../registry/testing/test-registry';
import { detailText, violations } from './evaluate';
import type { Level } from './levels';

const image = 'busybox:1';
const container = (fields: object = {}): Container => ({ name: 'c', image, ...fields });
const spec = (fields: object = {}, ...containers: Container[]): PodSpec => ({
  containers: containers.length === 0 ? [container()] : containers,
  ...fields,
});
const secured = (securityContext: object, more: object = {}): Container => container({ securityContext, ...more });

/** What the restricted standard asks for. */
const SAFE = {
  runAsNonRoot: true,
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  seccompProfile: { type: 'RuntimeDefault' },
};
const judge = (level: Level, judged: PodSpec, minor?: number, annotations: Record<string, string> = {}): string =>
  detailText(violations(minor === undefined ? { level } : { level, minor }, { annotations }, judged));

describe('baseline', () => {
  it.each<[string, PodSpec, string]>([
    ['a plain pod', spec(), ''],
    [
      'host namespaces',
      spec({ hostNetwork: true, hostPID: true, hostIPC: true }),
      'host namespaces (hostNetwork=true, hostPID=true, hostIPC=true)',
    ],
    [
      'privileged containers',
      spec(
        { initContainers: [secured({ privileged: true }, { name: 'i' })] },
        secured({ privileged: true }),
        container({ name: 'd' }),
      ),
      'privileged (containers "i", "c" must not set securityContext.privileged=true)',
    ],
    [
      'capabilities that containers do not have anyway',
      spec({}, secured({ capabilities: { add: ['SYS_ADMIN', 'CHOWN', 'NET_RAW'] } })),
      'non-default capabilities (container "c" must not include "NET_RAW", "SYS_ADMIN" in securityContext.capabilities.add)',
    ],
    [
      'folders of the host',
      spec({
        volumes: [
          { name: 'a', hostPath: { path: '/' } },
          { name: 'b', hostPath: { path: '/etc' } },
          { name: 'c', emptyDir: {} },
        ],
      }),
      'hostPath volumes (volumes "a", "b")',
    ],
    [
      'ports of the host',
      spec(
        {},
        container({
          ports: [
            { containerPort: 1, hostPort: 8080 },
            { containerPort: 2, hostPort: 90 },
          ],
        }),
      ),
      'hostPort (container "c" uses hostPorts 8080, 90)',
    ],
    [
      'probes and hooks of other hosts',
      spec(
        {},
        container({
          livenessProbe: { httpGet: { port: 80, host: '10.0.0.1' } },
          lifecycle: { preStop: { httpGet: { port: 80, host: 'db' } } },
        }),
      ),
      'probe or lifecycle host (container "c" uses probe or lifecycle hosts "10.0.0.1", "db")',
    ],
    [
      'an unmasked /proc',
      spec({}, secured({ procMount: 'Unmasked' })),
      'procMount (container "c" must not set securityContext.procMount to "Unmasked")',
    ],
    [
      'SELinux options',
      spec(
        { securityContext: { seLinuxOptions: { type: 'spc_t' } } },
        secured({ seLinuxOptions: { user: 'u', role: 'r' } }),
      ),
      'seLinuxOptions (pod and container "c" set forbidden securityContext.seLinuxOptions: type "spc_t"; user may not be set; role may not be set)',
    ],
    [
      'no seccomp profile',
      spec({ securityContext: { seccompProfile: { type: 'Unconfined' } } }),
      'seccompProfile (pod must not set securityContext.seccompProfile.type to "Unconfined")',
    ],
    [
      'sysctls',
      spec({
        securityContext: {
          sysctls: [
            { name: 'kernel.msgmax', value: '1' },
            { name: 'net.ipv4.tcp_rmem', value: '1' },
          ],
        },
      }),
      'forbidden sysctls (kernel.msgmax)',
    ],
    [
      'processes of a Windows host',
      spec({ securityContext: { windowsOptions: { hostProcess: true } } }),
      'hostProcess (pod must not set securityContext.windowsOptions.hostProcess=true)',
    ],
    [
      'no AppArmor profile',
      spec({}, secured({ appArmorProfile: { type: 'Unconfined' } })),
      'forbidden AppArmor profile (container "c" must not set AppArmor profile type to "Unconfined")',
    ],
    [
      'several things',
      spec({ hostNetwork: true }, secured({ privileged: true })),
      'host namespaces (hostNetwork=true), privileged (container "c" must not set securityContext.privileged=true)',
    ],
  ])('says of %s what is wrong', (_, judged, expected) => {
    expect(judge('baseline', judged)).toBe(expected);
  });

  it('judges profiles that are annotations', () => {
    const annotations = { 'container.apparmor.security.beta.kubernetes.io/c': 'unconfined' };
    expect(judge('baseline', spec(), undefined, annotations)).toBe(
      'forbidden AppArmor profile (annotation must not set AppArmor profile type to "container.apparmor.security.beta.kubernetes.io/c="unconfined"")',
    );
    const seccomp = { 'seccomp.security.alpha.kubernetes.io/pod': 'unconfined' };
    expect(judge('baseline', spec(), undefined, seccomp)).toBe('');
    expect(judge('baseline', spec(), 18, seccomp)).toBe(
      'seccompProfile (forbidden annotation seccomp.security.alpha.kubernetes.io/pod="unconfined")',
    );
  });
});

describe('restricted', () => {
  const allOf = (more: object): PodSpec => spec({}, secured({ ...SAFE, ...more }));

  it.each<[string, PodSpec, string]>([
    ['a careful pod', spec({}, secured(SAFE)), ''],
    [
      'a pod that sets for all what can be set for all',
      spec(
        { securityContext: { runAsNonRoot: true, seccompProfile: { type: 'Localhost', localhostProfile: 'p' } } },
        secured({ allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'], add: ['NET_BIND_SERVICE'] } }),
      ),
      '',
    ],
    [
      'a plain pod',
      spec(),
      'allowPrivilegeEscalation != false (container "c" must set securityContext.allowPrivilegeEscalation=false), unrestricted capabilities (container "c" must set securityContext.capabilities.drop=["ALL"]), runAsNonRoot != true (pod or container "c" must set securityContext.runAsNonRoot=true), seccompProfile (pod or container "c" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")',
    ],
    [
      'two plain containers',
      spec({ securityContext: { ...SAFE } }, container(), container({ name: 'd' })),
      'allowPrivilegeEscalation != false (containers "c", "d" must set securityContext.allowPrivilegeEscalation=false), unrestricted capabilities (containers "c", "d" must set securityContext.capabilities.drop=["ALL"])',
    ],
    [
      'capabilities',
      allOf({ capabilities: { add: ['CHOWN'] } }),
      'unrestricted capabilities (container "c" must set securityContext.capabilities.drop=["ALL"]; container "c" must not include "CHOWN" in securityContext.capabilities.add)',
    ],
    [
      'the root user',
      { ...allOf({ runAsUser: 0 }), securityContext: { runAsUser: 0 } },
      'runAsUser=0 (pod and container "c" must not set runAsUser=0)',
    ],
    [
      'root by choice',
      allOf({ runAsNonRoot: false }),
      'runAsNonRoot != true (container "c" must not set securityContext.runAsNonRoot=false)',
    ],
    [
      'volumes',
      {
        ...allOf({}),
        volumes: [
          { name: 'a', hostPath: { path: '/' } },
          { name: 'b', nfs: { server: 's', path: '/' } },
          { name: 'd', secret: { secretName: 's' } },
        ],
      },
      'restricted volume types (volumes "a", "b" use restricted volume types "hostPath", "nfs")',
    ],
    ['a Windows pod', { ...spec({ os: { name: 'windows' } }, secured({ runAsNonRoot: true })) }, ''],
  ])('says of %s what is wrong', (_, judged, expected) => {
    expect(judge('restricted', judged)).toBe(expected);
  });

  it.each([
    [7, 'runAsNonRoot != true'],
    [21, 'allowPrivilegeEscalation != false'],
    [999, 'allowPrivilegeEscalation != false'],
  ])('judges by the standard of version 1.%i', (minor, first) => {
    expect(judge('restricted', spec(), minor)).toMatch(new RegExp(`^${first}`));
    expect(judge('restricted', allOf({ capabilities: {} }), minor).includes('capabilities')).toBe(minor > 21);
  });
});

describe('admission', () => {
  let cluster: TestRegistry;
  const start = async (fallback?: Level): Promise<void> => {
    cluster = await startRegistry(fallback === undefined ? {} : { podSecurityDefault: fallback });
  };
  beforeEach(() => start());
  afterEach(() => cluster.registry.close());

  const PREFIX = 'pod-security.kubernetes.io';
  const namespace = (labels: Record<string, string>): Promise<unknown> =>
    cluster.client.create('Namespace', {
      metadata: {
        name: 'ns',
        labels: Object.fromEntries(Object.entries(labels).map(([name, value]) => [`${PREFIX}/${name}`, value])),
      },
    });
  const write = (kind: KindName, object: ApiObject, to = 'ns'): Promise<WriteResult> =>
    cluster.registry.create(cluster.registry.kinds.require(kind), to, object, { user: SYSTEM_USER });
  const pod = (name: string, judged: PodSpec, to?: string): Promise<WriteResult> =>
    write('Pod', { metadata: { name }, spec: structuredClone(judged) }, to);
  const deployment = (judged: PodSpec): ApiObject => ({
    metadata: { name: 'web' },
    spec: {
      replicas: 0,
      selector: { matchLabels: { app: 'web' } },
      template: { metadata: { labels: { app: 'web' } }, spec: structuredClone(judged) },
    },
  });
  const root = spec({}, secured({ privileged: true }));
  const ROOT = 'privileged (container "c" must not set securityContext.privileged=true)';

  it('refuses what a namespace without labels does not allow by default, in words that stay the same', async () => {
    await expect(pod('web', root, 'default')).rejects.toMatchObject({
      code: 403,
      reason: 'Forbidden',
      message: `pods "web" is forbidden: violates PodSecurity "baseline:latest": ${ROOT}`,
    });
    const unnamed = { metadata: { generateName: 'web-' }, spec: structuredClone(root) };
    await expect(write('Pod', unnamed, 'default')).rejects.toThrow('pods "web-" is forbidden: violates PodSecurity');
    await expect(pod('web', spec(), 'default')).resolves.toMatchObject({ warnings: [] });
  });

  it('lets the pods of kube-system be', async () => {
    await expect(pod('web', root, 'kube-system')).resolves.toMatchObject({ warnings: [] });
  });

  it('follows the default of the server', async () => {
    await cluster.registry.close();
    await start('privileged');
    await expect(pod('web', root, 'default')).resolves.toMatchObject({ warnings: [] });
  });

  it.each<[Record<string, string>, PodSpec, string | undefined, string[]]>([
    [{ enforce: 'privileged' }, root, undefined, []],
    [
      { enforce: 'privileged', warn: 'baseline' },
      root,
      undefined,
      [`would violate PodSecurity "baseline:latest": ${ROOT}`],
    ],
    [
      { enforce: 'privileged', warn: 'baseline', 'warn-version': 'v1.20' },
      root,
      undefined,
      [`would violate PodSecurity "baseline:v1.20": ${ROOT}`],
    ],
    [
      { enforce: 'restricted', 'enforce-version': 'v1.7' },
      spec(),
      'violates PodSecurity "restricted:v1.7": runAsNonRoot != true (pod or container "c" must set securityContext.runAsNonRoot=true)',
      [],
    ],
    [{ enforce: 'restricted' }, spec({}, secured(SAFE)), undefined, []],
  ])('does for the labels %j as they say', async (labels, judged, refusal, warnings) => {
    await namespace(labels);
    const outcome = pod('web', judged);
    if (refusal === undefined) await expect(outcome).resolves.toMatchObject({ warnings });
    else await expect(outcome).rejects.toThrow(`pods "web" is forbidden: ${refusal}`);
  });

  it.each<[KindName, ApiObject]>([
    ['Deployment', deployment(root)],
    ['PodTemplate', { metadata: { name: 'web' }, template: { spec: structuredClone(root) } }],
    [
      'CronJob',
      {
        metadata: { name: 'web' },
        spec: {
          schedule: '* * * * *',
          jobTemplate: { spec: { template: { spec: { ...structuredClone(root), restartPolicy: 'Never' } } } },
        },
      },
    ],
  ])('warns of the template of a %s, and lets it pass', async (kind, object) => {
    await namespace({});
    await expect(write(kind, object)).resolves.toMatchObject({
      warnings: [`would violate PodSecurity "baseline:latest": ${ROOT}`],
    });
  });

  it.each([
    ['enforce', 'strict', 'must be one of privileged, baseline, restricted'],
    ['warn-version', '1.2', 'must be "latest" or "v1.x"'],
    ['audit-version', 'v1.01', 'must be "latest" or "v1.x"'],
  ])('refuses the label %s=%s', async (label, value, problem) => {
    await expect(namespace({ [label]: value })).rejects.toMatchObject({
      reason: 'Invalid',
      message: `Namespace "ns" is invalid: metadata.labels[${PREFIX}/${label}]: Invalid value: ${JSON.stringify(value)}: ${problem}`,
    });
  });

  it('warns who makes a namespace stricter of the pods that are there', async () => {
    await namespace({ enforce: 'privileged' });
    await pod('b', root);
    await pod('a', root);
    await pod('z', spec({ hostPID: true }));
    await pod('fine', spec());
    const label = (value: string): Promise<WriteResult> =>
      cluster.registry.patch(
        cluster.registry.kinds.require('Namespace'),
        { name: 'ns' },
        { type: 'merge', body: { metadata: { labels: { [`${PREFIX}/enforce`]: value } } } },
        { user: SYSTEM_USER },
      );
    expect((await label('baseline')).warnings).toEqual([
      'existing pods in namespace "ns" violate the new PodSecurity enforce level "baseline:latest"',
      'a (and 1 other pod): privileged',
      'z: host namespaces',
    ]);
    expect((await label('privileged')).warnings).toEqual([]);
    await expect(label('none')).rejects.toMatchObject({ reason: 'Invalid' });
  });

  it('judges an update of a pod only where it changes what is judged', async () => {
    await namespace({ enforce: 'privileged' });
    await pod('web', root);
    const key = { namespace: 'ns', name: 'web' };
    await cluster.client.patch(
      'Namespace',
      { name: 'ns' },
      {
        type: 'merge',
        body: { metadata: { labels: { [`${PREFIX}/enforce`]: 'baseline' } } },
      },
    );
    const change = (make: (old: Pod) => Pod): Promise<Pod> => cluster.client.modify('Pod', key, make);
    await change((old) => ({ ...old, metadata: { ...old.metadata, labels: { a: 'b' } } }));
    await expect(
      change((old) => ({
        ...old,
        spec: { ...old.spec, containers: old.spec.containers.map((each) => ({ ...each, image: 'busybox:2' })) },
      })),
    ).rejects.toThrow(`pods "web" is forbidden: violates PodSecurity "baseline:latest": ${ROOT}`);
  });

  it('judges the containers that are added for debugging', async () => {
    await pod('web', spec(), 'default');
    const debug = secured({ capabilities: { add: ['SYS_PTRACE'] } }, { name: 'debug' });
    const added = cluster.client.modify(
      'Pod',
      { namespace: 'default', name: 'web' },
      (old) => ({ ...old, spec: { ...old.spec, ephemeralContainers: [structuredClone(debug)] } }),
      { subresource: 'ephemeralcontainers' },
    );
    await expect(added).rejects.toThrow('non-default capabilities (container "debug" must not include "SYS_PTRACE"');
  });

  it('notes for the audit log what it judged by, and what it found', async () => {
    await namespace({ enforce: 'privileged', audit: 'baseline' });
    const notes: Record<string, string> = {};
    await cluster.registry.create(
      cluster.registry.kinds.require('Pod'),
      'ns',
      { metadata: { name: 'web' }, spec: structuredClone(root) as unknown as ApiObject },
      { user: SYSTEM_USER, annotate: (key, text) => (notes[key] = text) },
    );
    expect(notes).toEqual({
      [`${PREFIX}/enforce-policy`]: 'privileged:latest',
      [`${PREFIX}/audit-violations`]: `would violate PodSecurity "baseline:latest": ${ROOT}`,
    });
  });
});
