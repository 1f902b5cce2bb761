import type { CertificateSigningRequestSpec, CertificateSigningRequestStatus } from 'kubernetes-types/certificates/v1';
import type { ApiObject, StoredObject } from '../../../shared/api/objects';
import { humanDuration } from '../../../shared/human-duration';
import { ageColumn, column, nameColumn } from '../columns';
import { defineKind } from '../define-kind';
import { invalidValue, required } from '../validation/field-errors';
import { immutable } from '../validation/object-meta';
import { STATUS } from '../verbs';
import type { Condition } from './status-problems';
import { DECISIONS, statusChangeProblems, statusProblems } from './status-problems';

type Spec = Partial<CertificateSigningRequestSpec>;
const MIN_SECONDS = 600;
const statusOf = (object: ApiObject | StoredObject): CertificateSigningRequestStatus =>
  (object['status'] as CertificateSigningRequestStatus | undefined) ?? {};
const specOf = (object: ApiObject | StoredObject): Spec => (object['spec'] as Spec | undefined) ?? {};

export const certificateSigningRequest = defineKind({
  group: 'certificates.k8s.io',
  version: 'v1',
  kind: 'CertificateSigningRequest',
  plural: 'certificatesigningrequests',
  namespaced: false,
  shortNames: ['csr'],
  subresources: [STATUS, { name: 'approval', verbs: ['get', 'patch', 'update'] }],
  schema: 'io.k8s.api.certificates.v1.CertificateSigningRequest',
  columns: [
    nameColumn,
    ageColumn,
    column('SignerName', (object) => specOf(object).signerName ?? '<none>'),
    column('Requestor', (object) => specOf(object).username ?? ''),
    column('RequestedDuration', (object) => {
      const seconds = specOf(object).expirationSeconds;
      return seconds === undefined ? '<none>' : humanDuration(seconds * 1_000);
    }),
    column('Condition', conditionText),
  ],
  fieldSelectors: ['spec.signerName'],
  nameRule: 'path-segment',
  hasStatus: true,
  validate(object) {
    const { request = '', signerName = '', usages = [], expirationSeconds } = specOf(object);
    const pem = Buffer.from(request, 'base64').toString('latin1');
    return [
      ...(/-----BEGIN CERTIFICATE REQUEST-----[\s\S]+-----END CERTIFICATE REQUEST-----/.test(pem)
        ? []
        : [invalidValue('spec.request', request, 'PEM block type must be CERTIFICATE REQUEST')]),
      ...(usages.length === 0 ? [required('spec.usages', 'usages is required')] : []),
      ...(signerName === ''
        ? [required('spec.signerName')]
        : /^[a-z0-9.-]+\.[a-z0-9.-]+\/.+$/.test(signerName)
          ? []
          : [
              invalidValue(
                'spec.signerName',
                signerName,
                "must be a fully qualified domain and path of the form 'example.com/signer-name'",
              ),
            ]),
      ...(expirationSeconds !== undefined && expirationSeconds < MIN_SECONDS
        ? [
            invalidValue(
              'spec.expirationSeconds',
              expirationSeconds,
              'may not specify a duration less than 600 seconds (10 minutes)',
            ),
          ]
        : []),
    ];
  },
  prepareForUpdate(object, old, subresource) {
    if (subresource !== 'approval' && subresource !== 'status') return;
    const [next, before] = [statusOf(object), statusOf(old)];
    const { certificate } = subresource === 'approval' ? before : next;
    const conditions = subresource === 'approval' ? (next.conditions ?? []) : decidedAs(before, next);
    object['status'] = {
      ...(conditions.length === 0 ? {} : { conditions }),
      ...(certificate === undefined ? {} : { certificate }),
    };
  },
  validateUpdate: (object, old, subresource) => [
    ...immutable('spec', specOf(object), specOf(old)),
    ...statusProblems(statusOf(object)),
    ...statusChangeProblems(statusOf(object), statusOf(old), subresource),
  ],
});

/** The new conditions, with the decisions in them as they were made; where one came or went, that is for validation. */
function decidedAs(before: CertificateSigningRequestStatus, next: CertificateSigningRequestStatus): Condition[] {
  const made = (type: string): readonly Condition[] => (before.conditions ?? []).filter((each) => each.type === type);
  return (next.conditions ?? []).map((condition, _index, all) => {
    if (!DECISIONS.includes(condition.type)) return condition;
    const same = all.filter(({ type }) => type === condition.type);
    const old = made(condition.type);
    return same.length === old.length ? (old[same.indexOf(condition)] ?? condition) : condition;
  });
}

function conditionText(object: StoredObject): string {
  const { conditions = [], certificate = '' } = (object['status'] as CertificateSigningRequestStatus | undefined) ?? {};
  const has = (type: string): boolean => conditions.some((condition) => condition.type === type);
  return [
    has('Denied') ? 'Denied' : has('Approved') ? 'Approved' : 'Pending',
    ...(has('Failed') ? ['Failed'] : []),
    ...(certificate === '' ? [] : ['Issued']),
  ].join(',');
}
