import type { CertificateSigningRequestSpec, CertificateSigningRequestStatus } from 'kubernetes-types/certificates/v1';
import type { ApiObject, StoredObject } from '../../../shared/api/objects';
import type { Clock } from '../../../shared/clock';
import { toTimestamp } from '../../../shared/clock';
import { isSameJson } from '../../../shared/same-json';
import { forbidden } from '../../../shared/status-error';
import type { AdmissionPlugin, AdmissionRequest } from '../../admission/admission';
import { shownName } from '../../admission/admission';
import type { Authorizer } from '../authorizer';
import { MASTERS } from '../user';
import { CLIENT_SIGNER, subjectOf } from './signers';

const GROUP = 'certificates.k8s.io';

/**
 * Who may ask for which certificate, and who may approve it or sign it
 * (k8s.io/kubernetes/plugin/pkg/admission/certificates). A request says itself who made it: whatever it claims is
 * replaced by what the server knows, and when something was said of it is told where the speaker does not.
 */
export const certificateRequests = (authorizer: () => Authorizer, clock: Clock): AdmissionPlugin => {
  /** By the signer's name, or by all of its domain (`example.com/*`). */
  const requireSigner = (
    request: AdmissionRequest,
    object: ApiObject,
    verb: 'approve' | 'sign',
    signer: string,
  ): void => {
    const names = [signer, `${signer.slice(0, signer.indexOf('/'))}/*`];
    const may = (name: string): boolean =>
      authorizer().isAllowed(request.user, { verb, group: GROUP, resource: 'signers', name });
    if (!names.some(may)) {
      refuse(request, object, `user not permitted to ${verb} requests with signerName ${JSON.stringify(signer)}`);
    }
  };
  return {
    name: 'CertificateRequests',
    admitCreate(request, object) {
      if (!isAbout(request)) return;
      const { name, uid, groups, extra } = request.user;
      const spec = (object['spec'] ?? {}) as CertificateSigningRequestSpec;
      const { username: _u, uid: _i, groups: _g, extra: _e, ...asked } = spec;
      object['spec'] = {
        ...asked,
        username: name,
        ...(uid === undefined ? {} : { uid }),
        groups: [...groups],
        ...(extra === undefined ? {} : { extra }),
      };
      if (spec.signerName === CLIENT_SIGNER && subjectOf(spec.request)?.organizations.includes(MASTERS) === true) {
        refuse(request, object, `use of ${CLIENT_SIGNER} signer with ${MASTERS} group is not allowed`);
      }
    },
    admitUpdate(request, object, old) {
      if (!isAbout(request)) return;
      dateConditions(statusOf(object), statusOf(old), toTimestamp(clock.now()));
      const { signerName = '' } = (old['spec'] ?? {}) as Partial<CertificateSigningRequestSpec>;
      if (request.subresource === 'approval' && !isSameJson(statusOf(object), statusOf(old))) {
        requireSigner(request, object, 'approve', signerName);
      }
      if (request.subresource === 'status' && statusOf(object).certificate !== statusOf(old).certificate) {
        requireSigner(request, object, 'sign', signerName);
      }
    },
  };
};

const isAbout = ({ kind }: AdmissionRequest): boolean =>
  kind.group === GROUP && kind.kind === 'CertificateSigningRequest';
const statusOf = (object: ApiObject | StoredObject): CertificateSigningRequestStatus =>
  (object['status'] as CertificateSigningRequestStatus | undefined) ?? {};

/** Dates in place the conditions that have no dates: as before where they say the same, else now. */
function dateConditions(
  { conditions = [] }: CertificateSigningRequestStatus,
  { conditions: before = [] }: CertificateSigningRequestStatus,
  now: string,
): void {
  for (const condition of conditions) {
    const { type, status, reason, message } = condition;
    const same = before.find((old) => old.type === type && old.status === status);
    const unchanged = same?.reason === reason && same?.message === message ? same : undefined;
    condition.lastUpdateTime ??= unchanged?.lastUpdateTime ?? now;
    condition.lastTransitionTime ??= same?.lastTransitionTime ?? now;
  }
}

function refuse({ kind }: AdmissionRequest, object: ApiObject, why: string): never {
  throw forbidden({ group: kind.group, resource: kind.plural }, shownName(object), why);
}
