import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Cluster, IMAGE } from './harness/cluster';
import type { Outcome } from './harness/programs';
import { HELM_VERSIONS, realHelm, run } from './harness/programs';

jest.setTimeout(180_000);

const CONTAINER = (command: string): string => `
      - name: main
        image: ${IMAGE}
        imagePullPolicy: IfNotPresent
        command: [sh, -c, '${command}']`;

/** A chart with a definition, a release's objects, a hook and a test, as charts of the world have them. */
const CHART: Readonly<Record<string, string>> = {
  'Chart.yaml': 'apiVersion: v2\nname: demo\nversion: 0.1.0\nappVersion: "1.0"\n',
  'values.yaml': 'replicas: 1\ntext: hello\n',
  'crds/widgets.yaml': `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: widgets.demo.example.com }
spec:
  group: demo.example.com
  scope: Namespaced
  names: { plural: widgets, kind: Widget }
  versions:
  - name: v1
    served: true
    storage: true
    schema: { openAPIV3Schema: { type: object, properties: { spec: { type: object, properties: { size: { type: integer } } } } } }
`,
  'templates/widget.yaml': `
apiVersion: demo.example.com/v1
kind: Widget
metadata: { name: {{ .Release.Name }} }
spec: { size: {{ .Values.replicas }} }
`,
  'templates/config.yaml': `
apiVersion: v1
kind: ConfigMap
metadata: { name: {{ .Release.Name }} }
data: { text: {{ .Values.text }} }
`,
  'templates/deployment.yaml': `
apiVersion: apps/v1
kind: Deployment
metadata: { name: {{ .Release.Name }} }
spec:
  replicas: {{ .Values.replicas }}
  selector: { matchLabels: { app: {{ .Release.Name }} } }
  template:
    metadata: { labels: { app: {{ .Release.Name }} } }
    spec:
      terminationGracePeriodSeconds: 0
      containers:${CONTAINER('exec sleep 3600')}
`,
  'templates/service.yaml': `
apiVersion: v1
kind: Service
metadata: { name: {{ .Release.Name }} }
spec: { selector: { app: {{ .Release.Name }} }, ports: [{ port: 80 }] }
`,
  'templates/hook.yaml': `
apiVersion: batch/v1
kind: Job
metadata:
  name: {{ .Release.Name }}-before
  annotations: { helm.sh/hook: "pre-install,pre-upgrade", helm.sh/hook-delete-policy: before-hook-creation }
spec:
  template:
    spec:
      restartPolicy: Never
      containers:${CONTAINER('true')}
`,
  'templates/tests/test.yaml': `
apiVersion: v1
kind: Pod
metadata: { name: {{ .Release.Name }}-test, annotations: { helm.sh/hook: test } }
spec:
  restartPolicy: Never
  containers:
  - { name: main, image: '${IMAGE}', imagePullPolicy: IfNotPresent, command: ['true'] }
`,
};

/**
 * Helm 3 patches what it finds and asks again and again while it waits; helm 4 applies on the server, sends protobuf and
 * waits by watches.
 */
describe.each(HELM_VERSIONS)('a release by helm %s', (version) => {
  let cluster: Cluster;
  let helmBinary: string;
  beforeAll(async () => {
    [cluster, helmBinary] = await Promise.all([Cluster.start(), realHelm(version)]);
    for (const [name, text] of Object.entries(CHART)) {
      const file = path.join(cluster.folder, 'chart', name);
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(file, text);
    }
  });
  afterAll(() => cluster.stop());

  async function helm(...args: string[]): Promise<string> {
    const outcome: Outcome = await run(helmBinary, args, { env: cluster.env, timeoutMs: 100_000 });
    if (outcome.status !== 0) throw new Error(`helm ${args.join(' ')}: ${outcome.stdout}${outcome.stderr}`);
    return outcome.stdout;
  }
  const chart = (): string => path.join(cluster.folder, 'chart');
  const get = (type: string, jsonpath: string): Promise<string> =>
    cluster.ok(['get', type, 'demo', '-o', `jsonpath=${jsonpath}`]);

  it('is installed, with its definition and its hook, and waited for', async () => {
    expect(await helm('version', '--short')).toMatch(new RegExp(`^v${version.replace('.', '\\.')}\\.`));
    const text = await helm('install', 'demo', chart(), '--wait', '--timeout', '60s');
    expect(text).toContain('STATUS: deployed');
    expect(await get('deployment', '{.status.availableReplicas}')).toBe('1');
    expect(await get('widget', '{.spec.size}')).toBe('1');
    expect(await cluster.ok(['get', 'job', 'demo-before', '-o', 'jsonpath={.status.succeeded}'])).toBe('1');
  });

  it('is upgraded and rolled back', async () => {
    await helm('upgrade', 'demo', chart(), '--set', 'replicas=2,text=bye', '--wait', '--timeout', '60s');
    expect(await get('deployment', '{.status.availableReplicas}')).toBe('2');
    expect(await get('configmap', '{.data.text}')).toBe('bye');
    await helm('rollback', 'demo', '1', '--wait', '--timeout', '60s');
    expect(await get('configmap', '{.data.text}')).toBe('hello');
    expect(await helm('history', 'demo')).toMatch(/3 .*deployed.*Rollback to 1/);
  });

  it('passes its test, and is listed', async () => {
    expect(await helm('test', 'demo', '--timeout', '60s')).toMatch(/Phase: +Succeeded/);
    expect(await helm('list')).toMatch(/demo\s+default\s+3\s.*deployed/);
  });

  it('is uninstalled with all that it made', async () => {
    expect(await helm('uninstall', 'demo', '--wait', '--timeout', '60s')).toContain('uninstalled');
    await cluster.until(
      ['get', 'deployment,service,configmap,widget', '-o', 'name'],
      ({ stdout }) => !stdout.includes('/demo'),
    );
  });
});
