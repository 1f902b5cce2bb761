import type { Pod, StoredObject } from '../../shared/api/objects';
import type { Clock } from '../../shared/clock';
import { forbidden } from '../../shared/status-error';
import { resourceOf } from '../registry/store-keys';
import type { AdmissionPlugin, AdmissionRequest } from './admission';
import { refusedName } from './admission';
import type { QuotaLedger } from './quota/ledger';
import { missingAmounts } from './quota/pod-usage';
import { isTerminating } from './quota/scopes';

/**
 * Lets nobody take more of a namespace than its ResourceQuotas leave (k8s.io/apiserver/pkg/admission/plugin/resourcequota).
 * What a write under way takes counts from the moment it is let through, so any number at the same time stay within.
 */
export const createResourceQuota = (ledger: QuotaLedger, clock: Clock): AdmissionPlugin => ({
  name: 'ResourceQuota',
  reserve(request, object, old) {
    const accounts = ledger.accountsOf(object.metadata.namespace);
    if (accounts.length === 0) return undefined;
    const resource = resourceOf(request.kind);
    if (old !== undefined && !mayGrow(request, resource, object, old)) return undefined;
    const refuse = (why: string): Error =>
      forbidden({ group: request.kind.group, resource: request.kind.plural }, refusedName(object), why);

    const concerned = accounts.filter((account) => account.isAbout(resource, object));
    for (const account of concerned) {
      const { spec } = object as unknown as Pod;
      const missing = resource === 'pods' ? missingAmounts(spec, account.namesFor(resource)) : undefined;
      if (missing !== undefined) throw refuse(`failed quota: ${account.quota.metadata.name}: must specify ${missing}`);
    }
    const growths = concerned
      .map((account) => ({ account, growth: account.growth(resource, object, clock.now()) }))
      .filter(({ growth }) => growth.size > 0);
    for (const { account, growth } of growths) {
      const excess = account.excess(growth);
      if (excess !== undefined) throw refuse(excess);
    }
    if (request.dryRun) return undefined;
    const holds = growths.map(({ account, growth }) => ({ account, hold: account.hold(object.metadata.uid, growth) }));
    return () => {
      for (const { account, hold } of holds) account.release(hold);
    };
  },
});

/** The updates by which an object can come to take more; of the others nothing is refused. */
function mayGrow(
  { subresource }: AdmissionRequest,
  resource: string,
  object: StoredObject,
  old: StoredObject,
): boolean {
  switch (resource) {
    case 'pods':
      return subresource === 'resize' || (subresource === undefined && isTerminating(object) !== isTerminating(old));
    case 'services':
    case 'persistentvolumeclaims':
      return subresource === undefined;
    default:
      return false;
  }
}
