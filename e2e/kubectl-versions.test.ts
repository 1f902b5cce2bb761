import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { command } from '../deploy/local-cluster/command';
import { Cluster, freePort, IMAGE as LATEST } from './harness/cluster';
import { httpGet } from './harness/http-get';
import { Kubectl } from './harness/kubectl';
import { configMapManifest, manifestList, podManifest, shell } from './harness/manifests';
import { KUBECTL_VERSIONS } from './harness/programs';

jest.setTimeout(120_000);

/** Not `latest`, which kubectl's own pods would pull. */
const IMAGE = 'busybox:e2e';

const WEB = podManifest(
  'web',
  {
    containers: [
      shell('echo started; mkdir -p /www; echo hello > /www/index.html; exec httpd -f -p 8080 -h /www', {
        ports: [{ containerPort: 8080, name: 'http' }],
        readinessProbe: { httpGet: { path: '/', port: 'http' }, periodSeconds: 1 },
      }),
    ],
  },
  { labels: { app: 'web' } },
);
const DEPLOYMENT = JSON.stringify({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'app' },
  spec: {
    replicas: 1,
    selector: { matchLabels: { app: 'app' } },
    template: {
      metadata: { labels: { app: 'app' } },
      spec: { terminationGracePeriodSeconds: 0, containers: [shell('exec sleep 3600')] },
    },
  },
});
const UNKNOWN_FIELD = JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c' }, dataa: {} });

interface Step {
  /** Words of the command line; NODE stands for the worker's name. */
  readonly line: string;
  /** Found in what it prints, on either stream. */
  readonly prints: RegExp;
  readonly input?: string;
  /** Where it is not 0. */
  readonly status?: number;
}
const step = (line: string, prints: RegExp, more: Pick<Step, 'input' | 'status'> = {}): Step => ({
  line,
  prints,
  ...more,
});

/** What needs no running pod. Each step stands on those before it. */
const OBJECTS: readonly Step[] = [
  step('version', /Server Version: .*v1\.34\.0/),
  step('cluster-info', /control plane.* is running at .*https:\/\//),
  step('api-versions', /^apps\/v1$/m),
  step('api-resources', /^deployments +deploy +apps\/v1 +true +Deployment$/m),
  step('api-resources --namespaced=false --verbs=list -o name', /^nodes$/m),
  step('auth can-i create pods', /^yes$/m),
  step('auth can-i create pods --as nobody', /^no/m, { status: 1 }),
  step('auth can-i --list', /\*\.\* +\[\] +\[\] +\[\*\]/),
  step('auth whoami', /Username +\S*admin/),
  step('auth whoami --as eve --as-group staff', /Username +eve\nGroups +\[staff/),
  step('explain pod.spec.initContainers.restartPolicy', /RestartPolicy defines the restart behavior/),
  step('explain deployment --recursive', /progressDeadlineSeconds/),

  step('create configmap made --from-literal=a=1', /^configmap\/made created$/m),
  step('create configmap dry --from-literal=a=1 --dry-run=server', /created \(server dry run\)/),
  step('create configmap dry --from-literal=a=1 --dry-run=client -o yaml', /kind: ConfigMap/),
  step('get configmap dry', /configmaps "dry" not found/, { status: 1 }),
  step('create -f -', /^configmap\/filed created$/m, { input: configMapManifest('filed', { a: '1' }) }),
  step('create -f -', /\(AlreadyExists\).*configmaps "filed" already exists/, {
    input: configMapManifest('filed', { a: '1' }),
    status: 1,
  }),
  step('create -f -', /unknown field "dataa"/, { input: UNKNOWN_FIELD, status: 1 }),
  step('create -f - --validate=warn', /unknown field "dataa"/, { input: UNKNOWN_FIELD }),
  step('create -f - --validate=false --dry-run=server', /configmap\/c2 created/, {
    input: UNKNOWN_FIELD.replace('"c"', '"c2"'),
  }),
  step('create secret generic hidden --from-literal=a=b', /^secret\/hidden created$/m),
  step('create serviceaccount bot', /^serviceaccount\/bot created$/m),
  step('create token bot --duration=10m', /^ey[\w-]+\.[\w-]+\.[\w-]+$/m),
  step('create role reader --verb=get,list --resource=pods', /^role\S* created$/m),
  step('create rolebinding readers --role=reader --serviceaccount=default:bot', /^rolebinding\S* created$/m),
  step('set subject rolebinding readers --user=eve', /subjects updated/),
  step('auth can-i list pods --as eve', /^yes$/m),
  step('create quota limit --hard=configmaps=50', /^resourcequota\/limit created$/m),
  step('create priorityclass PRIORITY --value=1000', /^priorityclass\S* created$/m),
  step('create ingress door --rule=a.example.com/x=web:80', /^ingress\S* created$/m),
  step('create pdb budget --selector=app=none --min-available=1', /^poddisruptionbudget\S* created$/m),
  step(`create job once --image=${IMAGE} -- true`, /^job\S* created$/m),
  step(`create cronjob often --image=${IMAGE} --schedule=0\u00a00\u00a01\u00a01\u00a0*`, /^cronjob\S* created$/m),
  step('create job now --from=cronjob/often', /^job\S* created$/m),

  step('get configmaps', /^NAME +DATA +AGE\n(.*\n)*filed +1 +\d+s/m),
  step('get configmap,secret -o name', /^secret\/hidden$/m),
  step('get configmap filed -o jsonpath={.data.a}', /^1$/),
  step('get configmap filed -o go-template={{.data.a}}', /^1$/),
  step('get configmaps --sort-by=.metadata.name --no-headers', /filed(.|\n)*made/),
  step('get configmaps --chunk-size=1 -o name', /configmap\/filed\nconfigmap\/kube-root-ca\.crt\nconfigmap\/made/),
  step('get configmap none', /\(NotFound\): configmaps "none" not found/, { status: 1 }),
  step('get configmap none --ignore-not-found', /^$/),
  step('get all', /cronjob\.batch\/often/),
  step('get nosuch', /the server doesn't have a resource type "nosuch"/, { status: 1 }),
  step('get namespaces -A', /kube-system/),
  step('describe configmap filed', /Name: +filed[^]*Data\n====\na:\n----\n1/),
  step('describe resourcequota limit', /configmaps +\d +50/),
  step('describe role reader', /pods +\[\] +\[\] +\[get list\]/),
  step('label configmap filed tier=front', /^configmap\/filed labeled$/m),
  step('label configmap filed tier=back', /'tier' already has a value/, { status: 1 }),
  step('label configmap filed tier=back --overwrite', /labeled/),
  step('get configmaps -l tier=back -L tier --no-headers', /^filed .* back$/m),
  step('get configmaps -l tier -o name --field-selector metadata.name=filed', /^configmap\/filed$/m),
  step('label configmap filed tier-', /unlabeled/),
  step('annotate configmap filed note=hi', /^configmap\/filed annotated?$/m),
  step('patch configmap filed -p {"data":{"b":"2"}}', /^configmap\/filed patched$/m),
  step('patch configmap filed --type=merge -p {"data":{"b":null}}', /patched$/m),
  step('patch configmap filed --type=json -p [{"op":"test","path":"/data/a","value":"9"}]', /./, { status: 1 }),
  step('patch configmap filed --type=json -p [{"op":"add","path":"/data/c","value":"3"}]', /patched$/m),
  step('patch configmap filed -p {}', /patched \(no change\)/),
  step('get configmap filed -o jsonpath={.data}', /^\{"a":"1","c":"3"\}$/),
  step('replace -f -', /^configmap\/filed replaced$/m, { input: configMapManifest('filed', { a: 'new' }) }),
  step('replace --force -f -', /^configmap\/filed replaced$/m, { input: configMapManifest('filed', { a: 'forced' }) }),
  step('replace -f -', /\(NotFound\)/, { input: configMapManifest('absent', {}), status: 1 }),

  step('apply -f -', /^configmap\/applied created$/m, { input: configMapManifest('applied', { a: '1', b: '2' }) }),
  step('apply -f -', /^configmap\/applied unchanged$/m, { input: configMapManifest('applied', { a: '1', b: '2' }) }),
  step('diff -f -', /-\s+b: "2"/, { input: configMapManifest('applied', { a: '1' }), status: 1 }),
  step('apply -f - --dry-run=server', /configured \(server dry run\)/, {
    input: configMapManifest('applied', { a: '1' }),
  }),
  step('apply -f -', /^configmap\/applied configured$/m, { input: configMapManifest('applied', { a: '1' }) }),
  step('diff -f -', /^$/, { input: configMapManifest('applied', { a: '1' }) }),
  step('apply view-last-applied configmap/applied', /a: "1"/),
  // Not so for kubectl's own manager: what it applied from the client's side it may take over.
  step(
    'apply --server-side --field-manager=other -f -',
    /conflict with "kubectl-client-side-apply" using v1.*: \.data\.a/,
    {
      input: configMapManifest('applied', { a: '2' }),
      status: 1,
    },
  ),
  step('apply --server-side -f -', /serverside-applied$/m, { input: configMapManifest('applied', { a: '1' }) }),
  step('apply --server-side -f -', /serverside-applied$/m, { input: configMapManifest('applied', { a: '2' }) }),
  step('apply --server-side --field-manager=other -f -', /conflict with "kubectl": \.data\.a/, {
    input: configMapManifest('applied', { a: '3' }),
    status: 1,
  }),
  step('apply --server-side --field-manager=other --force-conflicts -f -', /serverside-applied$/m, {
    input: configMapManifest('applied', { a: '3' }),
  }),
  step('get configmap applied -o jsonpath={.data.a} --show-managed-fields', /^3$/),
  step('apply -l group=pruned -f -', /configmap\/kept created\nconfigmap\/dropped created/, {
    input: manifestList(labelled('kept'), labelled('dropped')),
  }),
  step('apply --prune -l group=pruned --prune-allowlist=core/v1/ConfigMap -f -', /^configmap\/dropped pruned$/m, {
    input: manifestList(labelled('kept')),
  }),
  step('delete configmap filed made', /configmap "filed" deleted[^]*configmap "made" deleted/),
  step('delete configmaps -l group=pruned', /configmap "kept" deleted/),
  step('delete configmap none', /not found/, { status: 1 }),
  step('delete priorityclass PRIORITY', /deleted/),
];

function labelled(name: string): string {
  const object = JSON.parse(configMapManifest(name, {})) as { metadata: object };
  return JSON.stringify({ ...object, metadata: { ...object.metadata, labels: { group: 'pruned' } } });
}

/** What runs on the worker. */
const WORKLOADS: readonly Step[] = [
  step('apply -f -', /^pod\/web created$/m, { input: WEB }),
  step('apply -f -', /^deployment\.apps\/app created$/m, { input: DEPLOYMENT }),
  step('wait --for=condition=Ready pod/web --timeout=60s', /^pod\/web condition met$/m),
  step('wait --for=jsonpath={.status.phase}=Running pod/web --timeout=10s', /condition met$/m),
  step('rollout status deployment/app --timeout=60s', /successfully rolled out/),
  step('wait --for=condition=complete job/once --timeout=30s', /condition met$/m),
  step('get pods -o wide', /^web +1\/1 +Running +0 +\d+s +\S+ +NODE /m),
  step('get deployments,replicasets', /deployment\.apps\/app +1\/1 +1 +1[^]*replicaset\.apps\/app-\S+ +1 +1 +1/),
  step('describe pod web', /Events:[^]*Scheduled/),
  step('describe deployment app', /Replicas: +1 desired \| 1 updated \| 1 total \| 1 available/),
  step('describe node NODE', /Non-terminated Pods:[^]* web /),
  step('describe namespace NAMESPACE', /Resource Quotas[^]*configmaps/),
  step('logs web', /^started$/m),
  step('logs web --timestamps --tail=1 --since=10m', /^\d{4}-\d\d-\d\dT\S+ started$/m),
  step('logs -l app=web --prefix --all-containers', /^\[pod\/web\/main\] started$/m),
  step('logs deployment/app', /^$/),
  step('logs web -c none', /container none is not valid for pod web/, { status: 1 }),
  step('exec web -- cat /www/index.html', /^hello$/m),
  step('exec -i web -- cat', /^through stdin$/m, { input: 'through stdin' }),
  step('exec deployment/app -- echo there', /^there$/m),
  step('exec web -- sh -c exit\u00a03', /exit code 3/, { status: 3 }),
  step('exec web -- nosuchprogram', /nosuchprogram/, { status: 126 }),
  step('expose pod web --port=80 --target-port=http --name=web', /^service\/web exposed$/m),
  step('describe service web', /Port: +<unset> +80\/TCP\nTargetPort: +http\/TCP/),
  step('get endpointslices -l kubernetes.io/service-name=web', /web-\S+ +IPv4 +8080 /),
  step('scale deployment app --replicas=2', /^deployment\.apps\/app scaled$/m),
  step('scale deployment app --replicas=3 --current-replicas=7', /[Ee]xpected replicas to be 7/, { status: 1 }),
  step('autoscale deployment app --max=3 --min=1 --cpu-percent=50', /autoscaled$/m),
  step('get hpa app', /Deployment\/app .* 1 +3 /),
  step('delete hpa app', /deleted/),
  step('set env deployment/app COLOUR=red', /env updated$/m),
  step('set env deployment/app --list', /^COLOUR=red$/m),
  step('set image deployment/app main=IMAGE', /image updated$/m),
  step('set resources deployment app --limits=cpu=200m,memory=64Mi', /resource requirements updated$/m),
  step('set serviceaccount deployment app bot', /serviceaccount updated$/m),
  step('set selector service web app=web', /selector updated$/m),
  step('rollout status deployment/app --timeout=60s', /successfully rolled out/),
  step('rollout history deployment/app', /^4 +<none>$/m),
  step('rollout history deployment/app --revision=2', /COLOUR:\s+red/),
  step('rollout undo deployment/app --to-revision=1', /rolled back$/m),
  step('rollout status deployment/app --timeout=60s', /successfully rolled out/),
  step('get deployment app -o jsonpath={.spec.template.spec.containers[0].env}', /^$/),
  step('rollout pause deployment/app', /paused$/m),
  step('rollout resume deployment/app', /resumed$/m),
  step('rollout restart deployment/app', /restarted$/m),
  step('rollout status deployment/app --timeout=60s', /successfully rolled out/),
  step(`run once-only --image=${IMAGE} --restart=Never --command -- echo ran`, /^pod\/once-only created$/m),
  step('wait --for=jsonpath={.status.phase}=Succeeded pod/once-only --timeout=30s', /condition met$/m),
  step(`run asked -i --rm --quiet --image=${IMAGE} --restart=Never --command -- cat`, /^typed in$/m, {
    input: 'typed in\n',
  }),
  step('top nodes', /^NODE +\d+m +\d+% +\d+Mi +\d+%/m),
  step('events', /Normal +Scheduled +Pod\/web/),
  step('events --for pod/web --types=Normal', /Scheduled/),
  step('get events --field-selector reason=Scheduled,involvedObject.name=web', /pod\/web/),
  step('taint node NODE test=yes:NoSchedule', /tainted$/m),
  step('taint node NODE test:NoSchedule-', /untainted$/m),
  step('cordon NODE', /cordoned$/m),
  step('get node NODE', /Ready,SchedulingDisabled/),
  step('drain NODE --force --ignore-daemonsets --pod-selector=run=once-only', /node\/NODE drained/),
  step('get pod once-only', /not found/, { status: 1 }),
  step('uncordon NODE', /uncordoned$/m),
];

/** Real, unmodified kubectls of old and new versions. Steps build on each other, as a person's do. */
describe('the API as several versions of kubectl see it', () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await Cluster.start();
    await command('docker', ['tag', LATEST, IMAGE]);
  });
  afterAll(async () => {
    await cluster.stop();
    await command('docker', ['rmi', '--no-prune', IMAGE]);
  });

  describe.each(KUBECTL_VERSIONS)('kubectl %s', (version) => {
    const namespace = `v${version.replace('.', '-')}`;
    let kubectl: Kubectl;
    beforeAll(async () => {
      kubectl = await Kubectl.of(version, cluster, namespace);
      await kubectl.ok(['create', 'namespace', namespace]);
    });

    const take = async ({ line, prints, input, status = 0 }: Step): Promise<void> => {
      const worker = cluster.workers[0] ?? '';
      const fill = (text: string): string =>
        text
          .replaceAll('NODE', worker)
          .replaceAll('NAMESPACE', namespace)
          .replaceAll('IMAGE', IMAGE)
          .replaceAll('PRIORITY', `urgent-${namespace}`);
      const args = line.split(' ').map((word) => fill(word.replaceAll('\u00a0', ' ')));
      const outcome = await kubectl.run(args, input === undefined ? {} : { input });
      const text = `${outcome.stdout}${outcome.stderr}`;
      expect({ status: outcome.status, text }).toEqual({ status, text: expect.stringMatching(fillIn(prints, fill)) });
    };
    it.each(OBJECTS.map((each) => [each.line, each] as const))('%s', (_line, each) => take(each));
    it.each(WORKLOADS.map((each) => [each.line, each] as const))('%s', (_line, each) => take(each));

    it('edits with an editor', async () => {
      const editor = path.join(cluster.folder, `editor-${namespace}`);
      writeFileSync(editor, '#!/bin/sh\nsed -i "s/a: \\"3\\"/a: edited/" "$1"\n', { mode: 0o755 });
      const printed = await kubectl.ok(['edit', 'configmap', 'applied'], { env: { KUBE_EDITOR: editor } });
      expect(printed).toContain('configmap/applied edited');
      expect(await kubectl.ok(['get', 'configmap', 'applied', '-o', 'jsonpath={.data.a}'])).toBe('edited');
    });

    it('copies a file there and back unchanged', async () => {
      const folder = path.join(cluster.folder, `cp-${namespace}`);
      mkdirSync(folder);
      const content = randomBytes(2_000_000);
      writeFileSync(path.join(folder, 'there'), content);
      await kubectl.ok(['cp', path.join(folder, 'there'), 'web:/tmp/file']);
      await kubectl.ok(['cp', 'web:/tmp/file', path.join(folder, 'back')]);
      expect(readFileSync(path.join(folder, 'back')).equals(content)).toBe(true);
    });

    it.each(['pod/web', 'service/web'])('forwards a port of %s', async (target) => {
      const port = await freePort();
      const forward = kubectl.running(['port-forward', target, `${port}:${target === 'pod/web' ? 8080 : 80}`]);
      await forward.until(/Forwarding from 127\.0\.0\.1/);
      expect(await httpGet(`http://127.0.0.1:${port}/`)).toBe('hello\n');
      forward.kill('SIGINT');
      await forward.exit;
    });

    it('attaches to a running container and types into it', async () => {
      const echo = shell('while read line; do echo "got $line"; done', { stdin: true });
      await kubectl.ok(['apply', '-f', '-'], { input: podManifest('echo', { containers: [echo] }) });
      await kubectl.ok(['wait', '--for=condition=Ready', 'pod/echo', '--timeout=30s']);
      const attached = kubectl.running(['attach', '-i', 'echo']);
      attached.write('hello\n');
      await attached.until(/got hello/);
      attached.kill('SIGKILL');
      await attached.exit;
    });

    it('watches', async () => {
      const watch = kubectl.running(['get', 'configmaps', '-w']);
      await watch.until(/applied/);
      await kubectl.ok(['create', 'configmap', 'seen']);
      await watch.until(/^seen +0 /m);
      watch.kill('SIGINT');
      await watch.exit;
    });

    it('follows logs', async () => {
      const follow = kubectl.running(['logs', '-f', 'web']);
      await follow.until(/started/);
      await kubectl.ok(['exec', 'web', '--', 'sh', '-c', 'echo more > /proc/1/fd/1']);
      await follow.until(/more/);
      follow.kill('SIGINT');
      await follow.exit;
    });

    it('debugs a pod with a container beside it', async () => {
      await kubectl.ok([
        'debug',
        'web',
        `--image=${IMAGE}`,
        '-c',
        'helper',
        '--image-pull-policy=IfNotPresent',
        '--',
        'sleep',
        '3600',
      ]);
      const state = ['get', 'pod', 'web', '-o', 'jsonpath={.status.ephemeralContainerStatuses[0].state}'];
      await kubectl.until(state, /running/);
      expect(await kubectl.ok(['exec', 'web', '-c', 'helper', '--', 'echo', 'beside'])).toBe('beside\n');
    });

    it('shows what a pod uses', async () => {
      await kubectl.until(['top', 'pod', 'web', '--no-headers'], /^web +\d+m +\d+Mi/);
    });

    it('proxies', async () => {
      const proxy = kubectl.running(['proxy', '--port=0']);
      const [, port] = await proxy.until(/127\.0\.0\.1:(\d+)/);
      expect(await httpGet(`http://127.0.0.1:${port}/api/v1/namespaces/${namespace}/pods/web:8080/proxy/`)).toBe(
        'hello\n',
      );
      proxy.kill('SIGINT');
      await proxy.exit;
    });

    it('deletes the namespace with all that is in it, and waits', async () => {
      await kubectl.ok(['delete', 'namespace', namespace, '--timeout=60s']);
      expect((await kubectl.run(['get', 'namespace', namespace])).stderr).toContain('(NotFound)');
    });
  });
});

const fillIn = (pattern: RegExp, fill: (text: string) => string): RegExp =>
  new RegExp(fill(pattern.source), pattern.flags);
