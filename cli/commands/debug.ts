import type { Node, Pod } from '../../shared/api/objects';
import { systemClock } from '../../shared/clock';
import { systemRandom } from '../../shared/random';
import type { ApiObject } from '../api-object';
import { KNOWN } from '../client/known-types';
import { UsageError, pathOf } from '../client/resources';
import { podOf } from '../chosen-pod';
import { copiedPod } from '../debug/copied-pod';
import { debugContainer, profileOf, securityOf } from '../debug/debug-container';
import { deleteObject, untilGone } from '../delete-object';
import { parseTargets } from '../targets';
import { joinTerminal } from '../terminal';
import type { Command, Context, Flags } from './command';
import { isSet, required, text } from './command';

const LOOK_MS = 150;

export const debug: Command = {
  name: 'debug',
  usage: 'debug [object] [args..]',
  describe: 'look into a pod from a container beside it, into a changed copy, or into a node',
  build: (yargs) =>
    yargs
      .option('image', { type: 'string', describe: 'what the debugging container runs' })
      .option('image-pull-policy', { type: 'string', describe: 'Always, IfNotPresent or Never' })
      .option('container', { alias: 'c', type: 'string', describe: 'its name' })
      .option('target', { type: 'string', describe: 'the container whose processes it sees' })
      .option('env', { type: 'string', array: true, describe: 'NAME=VALUE' })
      .option('arguments-only', { type: 'boolean', describe: 'what follows -- are arguments, not the command' })
      .option('profile', {
        type: 'string',
        default: 'legacy',
        describe: 'legacy, general, baseline, restricted, netadmin or sysadmin',
      })
      .option('copy-to', { type: 'string', describe: 'a copy of the pod by this name' })
      .option('set-image', { type: 'string', array: true, describe: 'of the copy: CONTAINER=IMAGE' })
      .option('replace', { type: 'boolean', describe: 'of the copy: delete the original' })
      .option('same-node', { type: 'boolean', describe: 'of the copy: on the same node' })
      .option('share-processes', { type: 'boolean', default: true, describe: 'of the copy: containers see each other' })
      .option('keep-labels', { type: 'boolean', describe: 'of the copy' })
      .option('keep-annotations', { type: 'boolean', describe: 'of the copy' })
      .option('keep-liveness', { type: 'boolean', describe: 'of the copy' })
      .option('keep-readiness', { type: 'boolean', describe: 'of the copy' })
      .option('keep-startup', { type: 'boolean', describe: 'of the copy' })
      .option('keep-init-containers', { type: 'boolean', default: true, describe: 'of the copy' })
      .option('attach', { type: 'boolean', describe: 'join its main process' })
      .option('stdin', { alias: 'i', type: 'boolean', describe: 'hand this input on' })
      .option('tty', { alias: 't', type: 'boolean', describe: 'with a terminal' })
      .option('quiet', { alias: 'q', type: 'boolean', describe: 'say nothing of the container itself' }),
  run,
};

async function run(context: Context, flags: Flags): Promise<number | void> {
  const given = text(flags, 'object');
  if (given === undefined)
    throw new UsageError('NAME or TYPE/NAME is required for debug: kubectl-lite debug POD -it --image=busybox');
  if (text(flags, 'target') !== undefined && text(flags, 'copy-to') !== undefined)
    throw new UsageError('--target is incompatible with --copy-to. Use --share-processes instead.');
  const [type = ''] = given.includes('/') ? given.split('/') : ['pod'];
  const resource = (await context.resources()).find(type);
  if (resource.kind === 'Node') return debugNode(context, flags, given);
  const pod = await podOf(context, given);
  return text(flags, 'copy-to') === undefined ? debugBeside(context, flags, pod) : debugCopy(context, flags, pod);
}

const newName = (context: Context, flags: Flags): string => {
  const given = text(flags, 'container');
  if (given !== undefined) return given;
  const name = `debugger-${systemRandom.suffix(5)}`;
  if (!isSet(flags, 'quiet')) context.note(`Defaulting debug container name to ${name}.\n`);
  return name;
};

async function debugBeside(context: Context, flags: Flags, pod: Pod): Promise<number | void> {
  const image = text(flags, 'image');
  if (image === undefined) throw new UsageError('you must specify --image when not using --copy-to.');
  const container = {
    ...debugContainer(flags, newName(context, flags), image),
    ...securityOf(profileOf(flags), 'pod'),
  };
  const target = text(flags, 'target');
  const ephemeral = { ...container, ...(target === undefined ? {} : { targetContainerName: target }) };
  if (target !== undefined && !isSet(flags, 'quiet'))
    context.note(
      `Targeting container "${target}". If you don't see processes from this container it may be because the container runtime doesn't support this feature.\n`,
    );
  await context.client().json({
    method: 'PATCH',
    path: pathOf(KNOWN.pod, pod.metadata.namespace, pod.metadata.name, 'ephemeralcontainers'),
    body: { spec: { ephemeralContainers: [ephemeral] } },
    contentType: 'application/strategic-merge-patch+json',
  });
  return attach(context, flags, pod.metadata, container.name);
}

async function debugCopy(context: Context, flags: Flags, pod: Pod): Promise<number | void> {
  const name = text(flags, 'copy-to') ?? '';
  const adds =
    text(flags, 'image') !== undefined && !pod.spec.containers.some((each) => each.name === text(flags, 'container'));
  const copy = copiedPod(flags, pod, { name, newContainer: adds ? newName(context, flags) : '' });
  const { namespace } = pod.metadata;
  if (isSet(flags, 'replace')) {
    const original = { resource: KNOWN.pod, namespace, name: pod.metadata.name };
    await deleteObject(context, original, { cascade: 'background', gracePeriodSeconds: 0, dryRun: false });
    if (pod.metadata.name === name) await untilGone(context, original, pod.metadata.uid, 0);
  }
  await createPod(context, namespace, copy.pod);
  return attach(context, flags, { namespace, name }, copy.container);
}

async function debugNode(context: Context, flags: Flags, given: string): Promise<number | void> {
  const [target] = parseTargets(await context.resources(), [given]);
  const [node = ''] = target?.names ?? [];
  await context.client().json<Node>({ path: pathOf(KNOWN.node, undefined, node) });
  const profile = profileOf(flags);
  const name = `node-debugger-${node}-${systemRandom.suffix(5)}`;
  const container = text(flags, 'container') ?? 'debugger';
  const sharesHost = profile !== 'baseline' && profile !== 'restricted';
  const mounts = sharesHost ? { volumeMounts: [{ mountPath: '/host', name: 'host-root' }] } : {};
  const image = required(flags, 'image');
  if (!isSet(flags, 'quiet'))
    context.note(`Creating debugging pod ${name} with container ${container} on node ${node}.\n`);
  await createPod(context, context.namespace, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: context.namespace, labels: { 'app.kubernetes.io/managed-by': 'kubectl-debug' } },
    spec: {
      containers: [{ ...debugContainer(flags, container, image), ...securityOf(profile, 'node'), ...mounts }],
      ...(sharesHost
        ? { hostIPC: true, hostNetwork: true, hostPID: true, volumes: [{ name: 'host-root', hostPath: { path: '/' } }] }
        : {}),
      nodeName: node,
      restartPolicy: 'Never',
      tolerations: [{ operator: 'Exists' }],
    },
  });
  return attach(context, flags, { namespace: context.namespace, name }, container);
}

const createPod = (context: Context, namespace: string, body: ApiObject): Promise<unknown> =>
  context.client().json({
    method: 'POST',
    path: pathOf(KNOWN.pod, namespace),
    query: { fieldManager: 'kubectl-debug' },
    body,
  });

/** Joins the container once it runs, if the person wants to; shows its log where it has ended before that. */
async function attach(
  context: Context,
  flags: Flags,
  { namespace, name }: { readonly namespace: string; readonly name: string },
  container: string,
): Promise<number | void> {
  if (!isSet(flags, 'attach') && !isSet(flags, 'stdin')) return;
  const path = pathOf(KNOWN.pod, namespace, name);
  for (;;) {
    const { value } = await context.client().json<Pod>({ path, signal: context.environment.signal });
    const state = [
      ...(value.status?.containerStatuses ?? []),
      ...(value.status?.ephemeralContainerStatuses ?? []),
    ].find((each) => each.name === container)?.state;
    if (state?.terminated !== undefined) {
      context.out((await context.client().text({ path: `${path}/log`, query: { container } })).text);
      return state.terminated.exitCode;
    }
    if (state?.running !== undefined) break;
    const stuck = state?.waiting?.reason ?? '';
    if (/^(ErrImage|ImagePull|InvalidImage|CreateContainer.*Error)/.test(stuck))
      throw new UsageError(`container ${container} does not start: ${stuck}: ${state?.waiting?.message ?? ''}`);
    await systemClock.sleep(LOOK_MS, context.environment.signal);
  }
  if (!isSet(flags, 'quiet')) context.note("If you don't see a command prompt, try pressing enter.\n");
  return joinTerminal(context, {
    namespace,
    pod: name,
    type: 'attach',
    container,
    command: [],
    stdin: isSet(flags, 'stdin'),
    tty: isSet(flags, 'tty'),
  });
}
