import { KNOWN } from '../client/known-types';
import { UsageError, apiVersionOf } from '../client/resources';
import { forEach, namedObjects, readNamed } from '../found';
import { ChangeReport } from '../output/change-report';
import { createObject } from '../write-object';
import type { Command, Context, Flags } from './command';
import { count, isSet, text, words } from './command';
import { choosing, reading, validating, writing } from './flag-groups';

const SCALED = ['Deployment', 'ReplicaSet', 'StatefulSet', 'ReplicationController'];

export const autoscale: Command = {
  name: 'autoscale',
  usage: 'autoscale [types..]',
  describe: 'let the number of pods follow their use',
  build: (yargs) =>
    reading(choosing(validating(writing(yargs, 'kubectl-autoscale'))))
      .option('min', { type: 'number', default: -1, describe: 'at least so many' })
      .option('max', { type: 'number', describe: 'at most so many' })
      .option('cpu', { type: 'string', describe: 'the average that is aimed at: 80% of the request, or 500m' })
      .option('memory', { type: 'string', describe: 'the same of memory: 80%, or 200Mi' })
      .option('cpu-percent', { type: 'number', describe: 'as --cpu, in percent' })
      .option('name', { type: 'string', describe: 'of the autoscaler' }),
  run,
};

async function run(context: Context, flags: Flags): Promise<number | void> {
  const [min, max] = [count(flags, 'min') ?? -1, count(flags, 'max') ?? -1];
  if (flags.max === undefined) throw new UsageError('required flag(s) "max" not set');
  if (max < 1) throw new UsageError('--max=MAXPODS is required and must be at least 1, max: ' + String(max));
  if (max < min)
    throw new UsageError(`--max=MAXPODS must be larger or equal to --min=MINPODS, max: ${max}, min: ${min}`);
  const metrics = metricsOf(flags);
  const report = new ChangeReport(context, flags);
  const named = await namedObjects(context, flags, words(flags, 'types'));
  return forEach(context, named, async (each) => {
    const target = await readNamed(context, each);
    if (!SCALED.includes(target.kind))
      throw new UsageError(`cannot autoscale a ${target.kind}: ${SCALED.join(', ')} can be`);
    const object = {
      apiVersion: apiVersionOf(KNOWN.horizontalPodAutoscaler),
      kind: 'HorizontalPodAutoscaler',
      metadata: {
        name: text(flags, 'name') ?? each.name,
        ...(context.isNamespaceGiven ? { namespace: context.namespace } : {}),
      },
      spec: {
        maxReplicas: max,
        ...(metrics.length === 0 ? {} : { metrics }),
        ...(min > 0 ? { minReplicas: min } : {}),
        scaleTargetRef: { apiVersion: target.apiVersion, kind: target.kind, name: each.name },
      },
      status: { currentMetrics: null, desiredReplicas: 0 },
    };
    await createObject(context, flags, {
      resource: KNOWN.horizontalPodAutoscaler,
      object,
      namespace: each.namespace,
      report,
      remember: isSet(flags, 'save-config'),
      verb: 'autoscaled',
    });
  });
}

function metricsOf(flags: Flags): readonly object[] {
  const percent = count(flags, 'cpu-percent');
  const cpu = text(flags, 'cpu') ?? (percent === undefined ? undefined : `${percent}%`);
  return [['cpu', cpu] as const, ['memory', text(flags, 'memory')] as const].flatMap(([name, given]) => {
    if (given === undefined) return [];
    const share = /^(\d+)%$/.exec(given)?.[1];
    if (share === undefined && !/^\d/.test(given))
      throw new UsageError(`--${name} ${given}: must be a percentage such as 80%, or a quantity`);
    const target =
      share === undefined
        ? { averageValue: given, type: 'AverageValue' }
        : { averageUtilization: Number(share), type: 'Utilization' };
    return [{ resource: { name, target }, type: 'Resource' }];
  });
}
