import type { CertificateSigningRequestSpec, CertificateSigningRequestStatus } from 'kubernetes-types/certificates/v1';
import type { ApiObject, StoredObject } from '../../../shared/api/objects';
import { humanDuration } from '../../../shared/human-duration';
import { ageColumn, column, nameColumn } from '../columns';
import { defineKind } from '../define-kind';
import { invalidValue, required } from '../validation/field-errors';
import { immutable } from '../validation/object-meta';
import { STATUS } from '../verbs';

type Spec = Partial<CertificateSigningRequestSpec>;
const MIN_SECONDS = 600;
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
    column('SignerName', (object) => specOf(object).signerName ?? ''),
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
  validateUpdate: (object, old) => immutable('spec', specOf(object), specOf(old)),
});

function conditionText(object: StoredObject): string {
  const { conditions = [], certificate = '' } = (object['status'] as CertificateSigningRequestStatus | undefined) ?? {};
  const has = (type: string): boolean => conditions.some((condition) => condition.type === type);
  const decided = [
    has('Approved') ? 'Approved' : '',
    has('Denied') ? 'Denied' : '',
    has('Failed') ? 'Failed' : '',
  ].filter((text) => text !== '');
  return [...(decided.length === 0 ? ['Pending'] : decided), ...(certificate === '' ? [] : ['Issued'])].join(',');
}
