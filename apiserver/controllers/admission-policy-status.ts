import type { PolicyTypeCheck } from '../admission/policies/type-check';
import { isSameJson } from '../../shared/same-json';
import type { StoredObject } from '../../shared/api/objects';
import { policySpecOf } from '../kinds/admissionregistration/admission-policies';
import type { Client, ObjectKey } from '../registry/client';
import { keyOf } from '../registry/client';
import type { Controller, Result } from './controller';
import { done, watching } from './controller';

const KIND = 'ValidatingAdmissionPolicy';

/** Says in each policy's status what its expressions read that the kinds they are about do not have. */
export class AdmissionPolicyStatusController implements Controller {
  readonly name = 'validatingadmissionpolicy-status';
  readonly watches = [watching(KIND, ({ object }) => [keyOf(object)])];

  constructor(
    private readonly client: Client,
    private readonly check: PolicyTypeCheck,
  ) {}

  async reconcile(key: ObjectKey): Promise<Result> {
    const policy = this.client.view(KIND).get(key);
    if (policy === undefined || policy.status?.observedGeneration === policy.metadata.generation) return done;
    const warnings = this.check(policySpecOf(policy as unknown as StoredObject));
    const status = {
      ...policy.status,
      observedGeneration: policy.metadata.generation ?? 1,
      typeChecking: warnings.length === 0 ? {} : { expressionWarnings: [...warnings] },
    };
    if (!isSameJson(status, policy.status)) await this.client.updateStatus(KIND, { ...policy, status });
    return done;
  }
}
