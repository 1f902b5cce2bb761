import { systemClock, toTimestamp } from '../../shared/clock';
import type { StoredObject } from '../api-object';
import { UsageError } from '../client/resources';
import { forEach, namedObjects, readNamed } from '../found';
import { ChangeReport } from '../output/change-report';
import { replaceObject } from '../write-object';
import type { Command } from './command';
import { group, isSet, words } from './command';
import { reading, writing } from './flag-groups';

type Condition = { readonly type: string };

/** A decision on certificate signing requests. */
const deciding = (name: string, describe: string, type: 'Approved' | 'Denied', reason: string): Command => ({
  name,
  usage: `${name} [names..]`,
  describe,
  build: (yargs) =>
    reading(writing(yargs, 'kubectl-certificate'))
      .option('selector', { alias: 'l', type: 'string', describe: 'label selector' })
      .option('force', { type: 'boolean', describe: 'also one that is decided already' }),
  run: async (context, flags) => {
    const report = new ChangeReport(context, flags);
    const given = words(flags, 'names');
    const named = await namedObjects(
      context,
      flags,
      given.some((word) => word.includes('/')) ? given : ['certificatesigningrequests', ...given],
    );
    if (named.length === 0) throw new UsageError('one or more CSRs must be specified as <name> or -f <filename>');
    return forEach(context, named, async (each) => {
      const request = await readNamed(context, each);
      const status = (request.status ?? {}) as { readonly conditions?: readonly Condition[] };
      const conditions = status.conditions ?? [];
      const other = type === 'Approved' ? 'Denied' : 'Approved';
      if (conditions.some((condition) => condition.type === other))
        throw new UsageError(
          `certificate signing request "${each.name}" is already ${other}: it cannot be ${type} as well`,
        );
      if (conditions.some((condition) => condition.type === type) && !isSet(flags, 'force'))
        return report.tell(each.resource, request, type.toLowerCase());
      const decision = {
        type,
        status: 'True',
        reason,
        message: `This CSR was ${type.toLowerCase()} by kubectl certificate ${name}.`,
        lastUpdateTime: toTimestamp(systemClock.now()),
      };
      const decided: StoredObject = {
        ...request,
        status: { ...status, conditions: [...conditions.filter((condition) => condition.type !== type), decision] },
      };
      report.tell(
        each.resource,
        await replaceObject(context, flags, { ...each, subresource: 'approval' }, decided),
        type.toLowerCase(),
      );
    });
  },
});

export const certificate = group({
  name: 'certificate',
  describe: 'approve or deny certificate signing requests',
  subcommands: [
    deciding('approve', 'let it be signed', 'Approved', 'KubectlApprove'),
    deciding('deny', 'let it not be signed', 'Denied', 'KubectlDeny'),
  ],
});
