import { Cluster, IMAGE } from './harness/cluster';

jest.setTimeout(180_000);

const container = (script: string, extra: object = {}): object => ({
  name: 'main',
  image: IMAGE,
  imagePullPolicy: 'IfNotPresent',
  command: ['sh', '-c', script],
  ...extra,
});
const manifest = (apiVersion: string, kind: string, name: string, spec: object): string =>
  JSON.stringify({ apiVersion, kind, metadata: { name }, spec });
const template = (app: string, spec: object): object => ({
  metadata: { labels: { app } },
  spec: { terminationGracePeriodSeconds: 0, ...spec },
});

/** Jobs, sets and daemons with the real kubectl on two nodes and the real engine. */
describe('workloads', () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await Cluster.start({ workers: 2 });
  });
  afterAll(() => cluster.stop());

  const names = async (app: string): Promise<readonly string[]> =>
    (await cluster.ok(['get', 'pods', '-l', `app=${app}`, '-o', 'jsonpath={.items[*].metadata.name}']))
      .split(' ')
      .filter((name) => name !== '')
      .sort();

  it('a job runs to its completions, each index once', async () => {
    const spec = {
      completions: 3,
      parallelism: 2,
      completionMode: 'Indexed',
      template: template('count', {
        restartPolicy: 'Never',
        containers: [container('echo index $JOB_COMPLETION_INDEX')],
      }),
    };
    await cluster.ok(['apply', '-f', '-'], manifest('batch/v1', 'Job', 'count', spec));
    await cluster.ok(['wait', '--for=condition=Complete', 'job/count', '--timeout=60s']);
    expect(await cluster.ok(['get', 'job', 'count', '--no-headers'])).toMatch(/^count +Complete +3\/3 /);
    const logs = await cluster.ok(['logs', '-l', 'batch.kubernetes.io/job-name=count', '--tail=-1']);
    expect(logs.trim().split('\n').sort()).toEqual(['index 0', 'index 1', 'index 2']);
  });

  it('a job that keeps failing fails, and says why', async () => {
    const spec = {
      backoffLimit: 0,
      template: template('fail', { restartPolicy: 'Never', containers: [container('exit 3')] }),
    };
    await cluster.ok(['apply', '-f', '-'], manifest('batch/v1', 'Job', 'fail', spec));
    await cluster.ok(['wait', '--for=condition=Failed', 'job/fail', '--timeout=60s']);
    const reason = await cluster.ok([
      'get',
      'job',
      'fail',
      '-o',
      'jsonpath={.status.conditions[?(@.type=="Failed")].reason}',
    ]);
    expect(reason).toBe('BackoffLimitExceeded');
  });

  it('a cron job makes a job when it is told to', async () => {
    const pods = template('often', { restartPolicy: 'Never', containers: [container('true')] });
    const spec = { schedule: '0 0 1 1 *', jobTemplate: { spec: { template: pods } } };
    await cluster.ok(['apply', '-f', '-'], manifest('batch/v1', 'CronJob', 'often', spec));
    await cluster.ok(['create', 'job', '--from=cronjob/often', 'now']);
    await cluster.ok(['wait', '--for=condition=Complete', 'job/now', '--timeout=60s']);
  });

  it('a cron job makes jobs by its schedule, and keeps the newest', async () => {
    const pods = template('ticks', { restartPolicy: 'Never', containers: [container('echo tick')] });
    const spec = { schedule: '@every 3s', successfulJobsHistoryLimit: 1, jobTemplate: { spec: { template: pods } } };
    await cluster.ok(['apply', '-f', '-'], manifest('batch/v1', 'CronJob', 'ticks', spec));
    await cluster.until(['get', 'events', '--field-selector', 'involvedObject.name=ticks'], ({ stdout }) => {
      const made = [...stdout.matchAll(/SuccessfulCreate .*Created job (ticks-\d+)/g)].map(([, name]) => name);
      return new Set(made).size >= 2 && /SawCompletedJob/.test(stdout) && /SuccessfulDelete/.test(stdout);
    });
    expect(await cluster.ok(['get', 'cronjob', 'ticks', '-o', 'jsonpath={.status.lastSuccessfulTime}'])).toMatch(/Z$/);
    await cluster.ok(['delete', 'cronjob', 'ticks']);
  });

  it('a stateful set starts its pods in order, by their names, and rolls them', async () => {
    const spec = (text: string): object => ({
      serviceName: 'db',
      replicas: 3,
      selector: { matchLabels: { app: 'db' } },
      template: template('db', { containers: [container(`echo ${text}; exec sleep 3600`)] }),
    });
    await cluster.ok(['apply', '-f', '-'], manifest('apps/v1', 'StatefulSet', 'db', spec('one')));
    await cluster.ok(['rollout', 'status', 'statefulset/db', '--timeout=60s']);
    expect(await names('db')).toEqual(['db-0', 'db-1', 'db-2']);
    await cluster.ok(['apply', '-f', '-'], manifest('apps/v1', 'StatefulSet', 'db', spec('two')));
    await cluster.ok(['rollout', 'status', 'statefulset/db', '--timeout=60s']);
    expect(await cluster.ok(['logs', 'db-0'])).toBe('two\n');
    await cluster.ok(['rollout', 'undo', 'statefulset/db']);
    await cluster.ok(['rollout', 'status', 'statefulset/db', '--timeout=60s']);
    expect(await cluster.ok(['logs', 'db-0'])).toBe('one\n');
  });

  it('a daemon set runs one pod on each node', async () => {
    const spec = {
      selector: { matchLabels: { app: 'agent' } },
      template: template('agent', { containers: [container('exec sleep 3600')] }),
    };
    await cluster.ok(['apply', '-f', '-'], manifest('apps/v1', 'DaemonSet', 'agent', spec));
    await cluster.ok(['rollout', 'status', 'daemonset/agent', '--timeout=60s']);
    const nodes = await cluster.ok(['get', 'pods', '-l', 'app=agent', '-o', 'jsonpath={.items[*].spec.nodeName}']);
    expect(nodes.split(' ').sort()).toEqual([...cluster.workers].sort());
  });

  it('drain moves what can be moved', async () => {
    const spec = {
      replicas: 4,
      selector: { matchLabels: { app: 'web' } },
      template: template('web', { containers: [container('exec sleep 3600')] }),
    };
    await cluster.ok(['apply', '-f', '-'], manifest('apps/v1', 'Deployment', 'web', spec));
    await cluster.ok(['rollout', 'status', 'deployment/web', '--timeout=60s']);
    const [first = '', second = ''] = cluster.workers;
    await cluster.ok(['drain', first, '--ignore-daemonsets', '--force', '--timeout=60s']);
    await cluster.ok(['rollout', 'status', 'deployment/web', '--timeout=60s']);
    const nodes = await cluster.ok(['get', 'pods', '-l', 'app=web', '-o', 'jsonpath={.items[*].spec.nodeName}']);
    expect(new Set(nodes.split(' '))).toEqual(new Set([second]));
    await cluster.ok(['uncordon', first]);
  });
});
