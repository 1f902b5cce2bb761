import { KNOWN } from '../../client/known-types';
import { required, text } from '../command';
import { commandField } from './containers';
import { generating } from './generator';

export const cronJob = generating({
  name: 'cronjob',
  aliases: ['cj'],
  describe: 'jobs at set times',
  type: KNOWN.cronJob,
  failure: 'cronjob',
  build: (yargs) =>
    yargs
      .option('image', { type: 'string', describe: 'what the container runs' })
      .option('schedule', { type: 'string', describe: 'when, such as "*/5 * * * *"' })
      .option('restart', { type: 'string', describe: 'OnFailure or Never' }),
  make: (flags, name) => {
    const image = required(flags, 'image');
    const schedule = required(flags, 'schedule');
    const containers = [{ name, image, ...commandField(flags), resources: {} }];
    const restartPolicy = text(flags, 'restart') ?? 'OnFailure';
    const template = { metadata: {}, spec: { containers, restartPolicy } };
    return { spec: { schedule, jobTemplate: { metadata: { name }, spec: { template } } }, status: {} };
  },
});
