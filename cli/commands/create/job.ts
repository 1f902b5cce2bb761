import type { CronJob } from '../../../shared/api/objects';
import { KNOWN } from '../../client/known-types';
import { UsageError, pathOf } from '../../client/resources';
import { parseTargets } from '../../targets';
import type { Context } from '../command';
import { text } from '../command';
import { commandField } from './containers';
import type { Fields } from './generator';
import { generating } from './generator';

export const job = generating({
  name: 'job',
  describe: 'pods that run to their end',
  type: KNOWN.job,
  failure: 'job',
  build: (yargs) =>
    yargs
      .option('image', { type: 'string', describe: 'what the container runs' })
      .option('from', { type: 'string', describe: 'the cron job to run now: cronjob/NAME' }),
  make: (flags, name, context) => {
    const [image, from] = [text(flags, 'image'), text(flags, 'from')];
    const { command } = commandField(flags);
    if ((image === undefined) === (from === undefined))
      throw new UsageError('either --image or --from must be specified');
    if (from !== undefined && command !== undefined) throw new UsageError('cannot specify --from and command');
    if (from !== undefined) return fromCronJob(context, from);
    const containers = [{ name, image, ...(command === undefined ? {} : { command }), resources: {} }];
    return { spec: { template: { metadata: {}, spec: { containers, restartPolicy: 'Never' } } }, status: {} };
  },
});

async function fromCronJob(context: Context, from: string): Promise<Fields> {
  const [target] = parseTargets(await context.resources(), [from]);
  const [name] = target?.names ?? [];
  if (target === undefined || name === undefined) throw new UsageError(`--from ${from}: must be cronjob/NAME`);
  const { value } = await context
    .client()
    .json<CronJob>({ path: pathOf(target.resource, target.resource.namespaced ? context.namespace : undefined, name) });
  if (value.kind !== 'CronJob') throw new UsageError('from must be an existing cronjob');
  const { metadata, spec } = value.spec?.jobTemplate ?? {};
  return {
    metadata: {
      annotations: { ...metadata?.annotations, 'cronjob.kubernetes.io/instantiate': 'manual' },
      ...(metadata?.labels === undefined ? {} : { labels: metadata.labels }),
      ownerReferences: [
        {
          apiVersion: 'batch/v1',
          kind: 'CronJob',
          name: value.metadata.name,
          uid: value.metadata.uid,
          controller: true,
        },
      ],
    },
    spec,
    status: {},
  };
}
