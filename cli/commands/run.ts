import type { Pod } from '../../shared/api/objects';
import { systemClock } from '../../shared/clock';
import { ignoreNotFound, isNotFound } from '../../shared/status-error';
import type { ApiObject, StoredObject } from '../api-object';
import { KNOWN } from '../client/known-types';
import { UsageError, pathOf } from '../client/resources';
import { deleteObject } from '../delete-object';
import { mergePatched } from '../merge-patch';
import { ChangeReport } from '../output/change-report';
import { parseLabels, parsePairs } from '../pairs';
import { joinTerminal } from '../terminal';
import { createObject } from '../write-object';
import type { Command, Context, Flags } from './command';
import { count, isSet, required, seconds, text, words } from './command';
import { RECORDED } from './exec';
import { parseOverrides } from './expose';
import { dryRunOf, validating, writing } from './flag-groups';

const LOOK_MS = 150;
/** How long a connection may outlive its process. */
const LINGER_MS = 1_000;
const RESTARTS = ['Always', 'OnFailure', 'Never'];

export const runPod: Command = {
  name: 'run',
  usage: 'run [name] [args..]',
  describe: 'run an image in a pod',
  build: (yargs) =>
    validating(writing(yargs, 'kubectl-run'))
      .option('image', { type: 'string', describe: 'what the container runs' })
      .option('image-pull-policy', { type: 'string', describe: 'Always, IfNotPresent or Never' })
      .option('env', { type: 'string', array: true, describe: 'NAME=VALUE' })
      .option('port', { type: 'string', describe: 'the port that the container listens on' })
      .option('labels', { alias: 'l', type: 'string', describe: 'labels of the pod: KEY=VALUE,…' })
      .option('annotations', { type: 'string', array: true, describe: 'KEY=VALUE' })
      .option('restart', { type: 'string', default: 'Always', describe: RESTARTS.join(', ') })
      .option('command', { type: 'boolean', describe: 'what follows -- is the command, not its arguments' })
      .option('privileged', { type: 'boolean', describe: 'with all rights on the node' })
      .option('overrides', { type: 'string', describe: 'JSON to merge into the pod' })
      .option('override-type', { type: 'string', default: 'merge', describe: 'merge' })
      .option('expose', { type: 'boolean', describe: 'with a service for --port' })
      .option('attach', { type: 'boolean', describe: 'join its main process' })
      .option('stdin', { alias: 'i', type: 'boolean', describe: 'hand this input on' })
      .option('tty', { alias: 't', type: 'boolean', describe: 'with a terminal' })
      .option('rm', { type: 'boolean', describe: 'delete it afterwards' })
      .option('quiet', { alias: 'q', type: 'boolean', describe: 'say nothing of the pod itself' })
      .option('leave-stdin-open', { type: 'boolean', describe: 'leave its input open when ours ends' })
      .option('grace-period', { type: 'number', default: -1, describe: 'with --rm: seconds that it gets to end' })
      .option('pod-running-timeout', { type: 'string', default: '1m0s', describe: 'how long to wait until it runs' }),
  run,
  next: (flags) => (isSet(flags, 'rm') ? undefined : `kubectl-lite logs -f ${text(flags, 'name') ?? ''}`),
};

async function run(context: Context, flags: Flags): Promise<number | void> {
  const name = text(flags, 'name');
  if (name === undefined)
    throw new UsageError("NAME is required for run\nSee 'kubectl-lite run -h' for help and examples");
  const image = required(flags, 'image');
  const isInteractive = isSet(flags, 'stdin') || isSet(flags, 'tty');
  const attaches = isSet(flags, 'attach') || isInteractive;
  checkFlags(flags, attaches);
  const report = new ChangeReport(context, flags);
  const pod = withOverrides(podOf(context, flags, name, image), text(flags, 'overrides'));
  const isQuiet = isSet(flags, 'quiet') || attaches;
  if (isSet(flags, 'expose'))
    await createObject(context, flags, { resource: KNOWN.service, object: serviceFor(flags, pod), report });
  const created = await createObject(context, flags, {
    resource: KNOWN.pod,
    object: pod,
    report: isQuiet && dryRunOf(flags) === 'none' ? silent : report,
    remember: isSet(flags, 'save-config'),
  });
  if (!attaches || dryRunOf(flags) !== 'none') return;
  return attachTo(context, flags, created as StoredObject);
}

const silent: Pick<ChangeReport, 'tell'> = { tell: () => undefined };

const SEE_HELP = "\nSee 'kubectl-lite run -h' for help and examples";

function checkFlags(flags: Flags, attaches: boolean): void {
  const restart = text(flags, 'restart') ?? 'Always';
  if (!RESTARTS.includes(restart)) throw new UsageError(`invalid restart policy: ${restart}${SEE_HELP}`);
  if (isSet(flags, 'tty') && !isSet(flags, 'stdin'))
    throw new UsageError('-i/--stdin is required for containers with -t/--tty=true');
  if (isSet(flags, 'rm') && !attaches)
    throw new UsageError(`--rm should only be used for attached containers${SEE_HELP}`);
  if (isSet(flags, 'expose') && text(flags, 'port') === undefined)
    throw new UsageError('--port must be set when exposing a service');
  if (attaches && dryRunOf(flags) !== 'none')
    throw new UsageError(
      "--dry-run=[server|client] can't be used with attached containers options (--attach, --stdin, or --tty)",
    );
  if ((text(flags, 'override-type') ?? 'merge') !== 'merge')
    throw new UsageError(`--override-type ${text(flags, 'override-type') ?? ''}: must be merge`);
}

function podOf(context: Context, flags: Flags, name: string, image: string): ApiObject {
  const args = [...words(flags, 'args'), ...words(flags, '--')];
  const port = text(flags, 'port');
  if (port !== undefined && !(Number(port) >= 1 && Number(port) <= 65_535))
    throw new UsageError(`--port ${port}: must be a port from 1 to 65535`);
  const labels = text(flags, 'labels');
  const annotations = words(flags, 'annotations').join(',');
  const policy = text(flags, 'image-pull-policy');
  const env = words(flags, 'env').map((pair) => {
    const equals = pair.indexOf('=');
    if (equals < 1) throw new UsageError(`invalid env: ${pair}: must be NAME=VALUE`);
    return { name: pair.slice(0, equals), value: pair.slice(equals + 1) };
  });
  const isInteractive = isSet(flags, 'stdin');
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      ...(context.isNamespaceGiven ? { namespace: context.namespace } : {}),
      labels: labels === undefined ? { run: name } : parseLabels(labels),
      ...(annotations === '' ? {} : { annotations: parsePairs(annotations, 'annotations') }),
    },
    spec: {
      containers: [
        {
          name,
          image,
          ...(args.length === 0 ? {} : isSet(flags, 'command') ? { command: args } : { args }),
          ...(env.length === 0 ? {} : { env }),
          ...(policy === undefined ? {} : { imagePullPolicy: policy }),
          ...(port === undefined ? {} : { ports: [{ containerPort: Number(port) }] }),
          resources: {},
          ...(isSet(flags, 'privileged') ? { securityContext: { privileged: true } } : {}),
          ...(isInteractive ? { stdin: true, ...(isSet(flags, 'leave-stdin-open') ? {} : { stdinOnce: true }) } : {}),
          ...(isSet(flags, 'tty') ? { tty: true } : {}),
        },
      ],
      dnsPolicy: 'ClusterFirst',
      restartPolicy: text(flags, 'restart') ?? 'Always',
    },
    status: {},
  };
}

const withOverrides = (pod: ApiObject, overrides: string | undefined): ApiObject =>
  overrides === undefined ? pod : (mergePatched(pod, parseOverrides(overrides)) as ApiObject);

const serviceFor = (flags: Flags, { metadata }: ApiObject): ApiObject => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: {
    name: metadata?.name ?? '',
    ...(metadata?.namespace === undefined ? {} : { namespace: metadata.namespace }),
  },
  spec: {
    ports: [{ port: Number(text(flags, 'port')), protocol: 'TCP', targetPort: Number(text(flags, 'port')) }],
    selector: metadata?.labels,
  },
  status: { loadBalancer: {} },
});

/** Joins the pod's process once it runs, and shows its log where it has ended before that. Returns its exit code. */
async function attachTo(
  context: Context,
  flags: Flags,
  { metadata: { name, namespace } }: StoredObject,
): Promise<number> {
  const path = pathOf(KNOWN.pod, namespace, name);
  try {
    const pod = await untilStarted(context, path, name, seconds(flags, 'pod-running-timeout') ?? 60);
    const hasEnded = pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
    if (hasEnded) context.out((await context.client().text({ path: `${path}/log` })).text);
    else {
      if (!isSet(flags, 'quiet')) context.note(RECORDED);
      await joinWhileRunning(context, flags, path, { namespace: namespace ?? context.namespace, name });
    }
    if (text(flags, 'restart') !== 'Never') return 0;
    const { exitCode, reason = 'Error' } = await endOf(context, path);
    if (exitCode !== 0) context.note(`pod ${namespace ?? context.namespace}/${name} terminated (${reason})\n`);
    return exitCode;
  } finally {
    if (isSet(flags, 'rm')) {
      const grace = count(flags, 'grace-period') ?? -1;
      const named = { resource: KNOWN.pod, namespace, name };
      await deleteObject(context, named, {
        cascade: 'background',
        gracePeriodSeconds: grace < 0 ? undefined : grace,
        dryRun: false,
      }).catch(ignoreNotFound);
      if (!isSet(flags, 'quiet')) context.out(`pod "${name}" deleted from ${namespace ?? ''} namespace\n`);
    }
  }
}

/** A process may end before it is joined: then nobody ends the connection, and its log is all there is to show. */
async function joinWhileRunning(
  context: Context,
  flags: Flags,
  path: string,
  { namespace, name }: { readonly namespace: string; readonly name: string },
): Promise<void> {
  const [left, ended] = [new AbortController(), new AbortController()];
  const watching = untilEnded(context, path, left.signal).then(
    () => ended.abort(),
    () => undefined,
  );
  try {
    await joinTerminal(context, {
      namespace,
      pod: name,
      type: 'attach',
      container: undefined,
      command: [],
      stdin: isSet(flags, 'stdin'),
      tty: isSet(flags, 'tty'),
      until: ended.signal,
    });
  } catch (error) {
    // It may end between being seen and being joined.
    if (!isNotFound(error) || !(await hasEnded(context, path))) throw error;
    ended.abort();
  } finally {
    left.abort();
    await watching;
  }
  if (ended.signal.aborted && !context.environment.signal.aborted)
    context.out((await context.client().text({ path: `${path}/log` })).text);
}

const hasEnded = async (context: Context, path: string): Promise<boolean> =>
  (await context.client().json<Pod>({ path })).value.status?.containerStatuses?.[0]?.state?.running === undefined;

/** Resolves some time after the pod's container has ended. Rejects when the signal aborts. */
async function untilEnded(context: Context, path: string, signal: AbortSignal): Promise<void> {
  for (;;) {
    const { value } = await context.client().json<Pod>({ path });
    if (value.status?.containerStatuses?.[0]?.state?.terminated !== undefined) break;
    await systemClock.sleep(LINGER_MS, signal);
  }
  await systemClock.sleep(LINGER_MS, signal);
}

async function untilStarted(context: Context, path: string, name: string, timeoutSeconds: number): Promise<Pod> {
  const deadlineMs = systemClock.monotonic() + timeoutSeconds * 1_000;
  for (;;) {
    const { value } = await context.client().json<Pod>({ path, signal: context.environment.signal });
    if (value.status?.phase !== undefined && value.status.phase !== 'Pending') return value;
    if (systemClock.monotonic() > deadlineMs)
      throw new UsageError(
        `timed out waiting for the condition: pod "${name}" does not run yet (kubectl-lite why pod/${name} tells more)`,
      );
    await systemClock.sleep(LOOK_MS, context.environment.signal);
  }
}

async function endOf(
  context: Context,
  path: string,
): Promise<{ readonly exitCode: number; readonly reason?: string | undefined }> {
  for (;;) {
    const { value } = await context.client().json<Pod>({ path });
    const ended = value.status?.containerStatuses?.[0]?.state?.terminated;
    if (ended !== undefined) return ended;
    if (value.status?.phase === 'Succeeded') return { exitCode: 0 };
    await systemClock.sleep(LOOK_MS, context.environment.signal);
  }
}
