import { KNOWN } from '../../client/known-types';
import { UsageError } from '../../client/resources';
import { count, isSet, list, text } from '../command';
import { generating } from './generator';

export const namespace = generating({
  name: 'namespace',
  aliases: ['ns'],
  describe: 'a room for names',
  type: KNOWN.namespace,
  build: (yargs) => yargs,
  make: () => ({ spec: {}, status: {} }),
});

export const serviceAccount = generating({
  name: 'serviceaccount',
  aliases: ['sa'],
  describe: 'whom pods are to the API',
  type: KNOWN.serviceAccount,
  failure: 'serviceaccount',
  build: (yargs) => yargs,
  make: () => ({}),
});

export const quota = generating({
  name: 'quota',
  aliases: ['resourcequota'],
  describe: 'how much a namespace may use',
  type: KNOWN.resourceQuota,
  failure: 'quota',
  build: (yargs) =>
    yargs
      .option('hard', { type: 'string', describe: 'RESOURCE=QUANTITY,…' })
      .option('scopes', { type: 'string', describe: 'of which pods, such as BestEffort' }),
  make: (flags) => {
    const hard = list(flags, 'hard').map((each) => {
      const [resource = '', quantity = '', ...more] = each.split('=');
      if (resource === '' || quantity === '' || more.length > 0)
        throw new UsageError(`Invalid argument syntax ${each}, expected <resource>=<value>`);
      return [resource, quantity] as const;
    });
    const scopes = list(flags, 'scopes');
    return {
      spec: {
        ...(hard.length === 0 ? {} : { hard: Object.fromEntries(hard) }),
        ...(scopes.length === 0 ? {} : { scopes }),
      },
      status: {},
    };
  },
});

export const priorityClass = generating({
  name: 'priorityclass',
  aliases: ['pc'],
  describe: 'which pods go first',
  type: KNOWN.priorityClass,
  failure: 'priorityclass',
  build: (yargs) =>
    yargs
      .option('value', { type: 'number', default: 0, describe: 'the priority' })
      .option('global-default', { type: 'boolean', describe: 'of pods that name none' })
      .option('description', { type: 'string', describe: 'when to use it' })
      .option('preemption-policy', {
        type: 'string',
        default: 'PreemptLowerPriority',
        describe: 'PreemptLowerPriority or Never',
      }),
  make: (flags) => {
    const description = text(flags, 'description');
    return {
      value: count(flags, 'value') ?? 0,
      ...(isSet(flags, 'global-default') ? { globalDefault: true } : {}),
      ...(description === undefined ? {} : { description }),
      preemptionPolicy: text(flags, 'preemption-policy'),
    };
  },
});
