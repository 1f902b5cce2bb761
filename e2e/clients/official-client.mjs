// What a program does with the official JavaScript client: `node official-client.mjs ACTION` prints the result as JSON.
// The client is a module of the newer kind, which the test runner cannot load.
import http from 'node:http';
import net from 'node:net';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import * as k8s from '@kubernetes/client-node';

const namespace = 'default';
const [, , name, ...rest] = process.argv;
const config = new k8s.KubeConfig();
if (process.env.KUBECONFIG === undefined) config.loadFromCluster();
else config.loadFromDefault();
const core = config.makeApiClient(k8s.CoreV1Api);

const configMap = (name, data, labels = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, labels },
  data,
});
const create = (body) => core.createNamespacedConfigMap({ namespace, body });

/** A stream to write to, and all that was written. */
function gathered() {
  const stream = new PassThrough();
  const chunks = [];
  stream.on('data', (chunk) => chunks.push(chunk));
  const bytes = () => Buffer.concat(chunks);
  const text = () => bytes().toString();
  const until = async (pattern) => {
    while (!pattern.test(text())) await pause(20);
    return text();
  };
  return { stream, bytes, text, until };
}

/** Runs in the pod; resolves with what it printed and the Status that ended it. */
async function exec(command, { stdin = null, tty = false, pod = 'web' } = {}) {
  const [out, err] = [gathered(), gathered()];
  const status = await new Promise((resolve, reject) =>
    new k8s.Exec(config)
      .exec(namespace, pod, 'main', command, out.stream, err.stream, stdin, tty, resolve)
      .catch(reject),
  );
  return { stdout: out.text(), stderr: err.text(), status: status.status, details: status.details, bytes: out.bytes };
}

const actions = {
  async watch() {
    const seen = [];
    const watcher = new k8s.Watch(config);
    const path = `/api/v1/namespaces/${namespace}/configmaps`;
    const ended = deferred();
    const abort = await watcher.watch(
      path,
      { labelSelector: 'test=watch' },
      (type, object) => seen.push([type, object.metadata.name, object.data?.a]),
      (error) => ended.resolve(error?.name ?? null),
    );
    await create(configMap('watched', { a: '1' }, { test: 'watch' }));
    await core.replaceNamespacedConfigMap({
      name: 'watched',
      namespace,
      body: configMap('watched', { a: '2' }, { test: 'watch' }),
    });
    await core.deleteNamespacedConfigMap({ name: 'watched', namespace });
    while (seen.length < 3) await pause(20);
    abort.abort();
    return { seen, ended: await ended.promise };
  },

  async informer() {
    const list = () => core.listNamespacedConfigMap({ namespace, labelSelector: 'test=informer' });
    const informer = k8s.makeInformer(config, `/api/v1/namespaces/${namespace}/configmaps`, list, 'test=informer');
    const seen = [];
    for (const event of ['add', 'update', 'delete']) {
      informer.on(event, (object) => seen.push([event, object.metadata.name, object.data?.a]));
    }
    await create(configMap('before', { a: '1' }, { test: 'informer' }));
    await informer.start();
    await create(configMap('after', { a: '1' }, { test: 'informer' }));
    const body = configMap('after', { a: '2' }, { test: 'informer' });
    await core.replaceNamespacedConfigMap({ name: 'after', namespace, body });
    await core.deleteNamespacedConfigMap({ name: 'before', namespace });
    while (seen.length < 4) await pause(20);
    const cached = informer.list().map(({ metadata }) => metadata.name);
    // Stopping is an error to it.
    informer.on('error', () => undefined);
    await informer.stop();
    return { seen, cached };
  },

  async exec() {
    const stdin = new PassThrough();
    stdin.end('through stdin');
    return {
      plain: await exec(['sh', '-c', 'echo out; echo err >&2']),
      failed: (await exec(['sh', '-c', 'exit 3'])).details.causes,
      stdin: (await exec(['cat'], { stdin })).stdout,
      tty: (await exec(['sh', '-c', 'test -t 1 && echo terminal'], { tty: true })).stdout,
    };
  },

  async attach() {
    const out = gathered();
    const stdin = new PassThrough();
    const socket = await new k8s.Attach(config).attach(namespace, 'echo', 'main', out.stream, null, stdin, false);
    stdin.write('hello\n');
    const text = await out.until(/got hello/);
    socket.close();
    return text;
  },

  async logs() {
    const all = gathered();
    const ended = new Promise((resolve) => all.stream.on('end', resolve));
    const log = new k8s.Log(config);
    await log.log(namespace, 'web', 'main', all.stream, { tailLines: 1 });
    await ended;
    const followed = gathered();
    const abort = await log.log(namespace, 'web', 'main', followed.stream, { follow: true });
    await followed.until(/started/);
    await exec(['sh', '-c', 'echo more > /proc/1/fd/1']);
    const text = await followed.until(/more/);
    abort.abort();
    return { tail: all.text(), followed: text };
  },

  async 'port-forward'() {
    const forward = new k8s.PortForward(config);
    const server = net.createServer((socket) => {
      socket.on('error', () => undefined);
      void forward.portForward(namespace, 'web', [8080], socket, null, socket);
    });
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    const body = await new Promise((resolve, reject) =>
      http
        .get({ port: server.address().port, host: '127.0.0.1', path: '/' }, (response) => {
          let text = '';
          response.on('data', (chunk) => (text += chunk));
          response.on('end', () => resolve(text));
        })
        .on('error', reject),
    );
    server.close();
    return body;
  },

  /** There by the client's own copying, which packs a folder; back as bytes, for what it fetches it cannot unpack itself. */
  async cp() {
    const folder = mkdtempSync(path.join(tmpdir(), 'pinsetter-cp-'));
    const content = Buffer.from(Array.from({ length: 300_000 }, (_, index) => (index * 7) % 256));
    writeFileSync(path.join(folder, 'file'), content);
    await new k8s.Cp(config).cpToPod(namespace, 'inside', 'main', folder, '/tmp/');
    const size = ['sh', '-c', 'wc -c < /tmp/file'];
    while ((await exec(size, { pod: 'inside' })).stdout.trim() !== '300000') await pause(50);
    rmSync(folder, { recursive: true });
    const back = await exec(['cat', '/tmp/file'], { pod: 'inside' });
    return { isSame: back.bytes().equals(content) };
  },

  async patches() {
    await create(configMap('patched', { a: '1', b: '2' }));
    const patch = async (type, body) => {
      const options = k8s.setHeaderOptions('Content-Type', type);
      return (await core.patchNamespacedConfigMap({ name: 'patched', namespace, body }, options)).data;
    };
    return {
      json: await patch(k8s.PatchStrategy.JsonPatch, [{ op: 'replace', path: '/data/a', value: 'json' }]),
      merge: await patch(k8s.PatchStrategy.MergePatch, { data: { b: null, c: 'merge' } }),
      strategic: await patch(k8s.PatchStrategy.StrategicMergePatch, { data: { a: 'strategic' } }),
    };
  },

  async objects() {
    const client = k8s.KubernetesObjectApi.makeApiClient(config);
    const apply = (data, manager, force) =>
      client.patch(configMap('applied', data), undefined, undefined, manager, force, k8s.PatchStrategy.ServerSideApply);
    const created = await apply({ a: '1' }, 'one');
    const shared = await apply({ b: '2' }, 'two');
    const conflict = await apply({ a: '9' }, 'two').catch((error) => JSON.parse(error.body));
    const forced = await apply({ a: '9' }, 'two', true);
    const read = await client.read({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'applied', namespace } });
    const listed = await client.list(
      'v1',
      'ConfigMap',
      namespace,
      undefined,
      undefined,
      undefined,
      'metadata.name=applied',
    );
    const deleted = await client.delete(configMap('applied'));
    const gone = await client.read(configMap('applied')).catch((error) => [error.code, JSON.parse(error.body).reason]);
    return {
      data: [created, shared, forced, read].map((each) => each.data),
      managers: forced.metadata.managedFields.map(({ manager, operation }) => `${manager} ${operation}`),
      conflict: [conflict.code, conflict.reason, conflict.details.causes[0].field],
      listed: listed.items.map((each) => each.metadata.name),
      deleted: deleted.status,
      gone,
    };
  },

  async metrics() {
    const metrics = new k8s.Metrics(config);
    let pods = await metrics.getPodMetrics(namespace);
    while (!pods.items.some((pod) => pod.metadata.name === 'web')) {
      await pause(200);
      pods = await metrics.getPodMetrics(namespace);
    }
    const nodes = await metrics.getNodeMetrics();
    const topPods = await k8s.topPods(core, metrics, namespace);
    const topNodes = await k8s.topNodes(core);
    return {
      nodes: nodes.items.map(({ usage }) => Object.keys(usage).sort()),
      containers: pods.items.find((pod) => pod.metadata.name === 'web').containers.map((each) => each.name),
      topPods: topPods.some((each) => each.Pod.metadata.name === 'web'),
      topNodes: topNodes.length,
    };
  },

  /** With what every pod is given. */
  async 'in-cluster'() {
    const pods = await core.listNamespacedPod({ namespace });
    const refused = await core.listNamespacedSecret({ namespace }).catch((error) => JSON.parse(error.body));
    return { pods: pods.items.map(({ metadata }) => metadata.name), refused: refused.message };
  },

  async refusals() {
    const status = (call) =>
      call.then(
        () => 'done',
        (error) => [error.code, JSON.parse(error.body).reason],
      );
    await create(configMap('twice', {}));
    const stale = { ...configMap('twice', { a: '1' }), metadata: { name: 'twice', resourceVersion: '1' } };
    return {
      again: await status(create(configMap('twice', {}))),
      stale: await status(core.replaceNamespacedConfigMap({ name: 'twice', namespace, body: stale })),
      invalid: await status(create(configMap('Not A Name', {}))),
      absent: await status(core.readNamespacedPod({ name: 'absent', namespace })),
    };
  },
};

function deferred() {
  let resolve;
  const promise = new Promise((settle) => (resolve = settle));
  return { promise, resolve };
}

const result = await actions[name](...rest);
process.stdout.write(JSON.stringify(result), () => process.exit(0));
