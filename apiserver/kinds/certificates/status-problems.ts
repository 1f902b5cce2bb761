import { X509Certificate } from 'node:crypto';
import type { CertificateSigningRequestStatus } from 'kubernetes-types/certificates/v1';
import type { StatusCause } from '../../../shared/status-error';
import { duplicate, each, forbiddenField, invalidValue, notSupported, required } from '../validation/field-errors';

type Status = CertificateSigningRequestStatus;
export type Condition = NonNullable<Status['conditions']>[number];

/** What may be decided on a request; only `/approval` decides. */
export const DECISIONS = ['Approved', 'Denied'];
/** What stays so once it is said, and is never said to be untrue. */
const FINAL = [...DECISIONS, 'Failed'];

/** What is wrong with a status, whoever writes it. */
export function statusProblems({ conditions = [], certificate = '' }: Status): readonly StatusCause[] {
  const types = conditions.map(({ type }) => type);
  const problem = certificateProblem(certificate);
  return [
    ...each('status.conditions', conditions, ({ type = '', status = '' }, path, index) => {
      const allowed = FINAL.includes(type) ? ['True'] : ['False', 'True', 'Unknown'];
      const other = DECISIONS.find((decision) => decision !== type && types.slice(0, index).includes(decision));
      return [
        ...(type === '' ? [required(`${path}.type`)] : []),
        ...(status === '' ? [required(`${path}.status`)] : []),
        ...(status === '' || allowed.includes(status) ? [] : [notSupported(`${path}.status`, status, allowed)]),
        ...(DECISIONS.includes(type) && other !== undefined
          ? [invalidValue(`${path}.type`, type, 'Approved and Denied conditions are mutually exclusive')]
          : []),
        ...(types.indexOf(type) < index ? [duplicate(`${path}.type`, type)] : []),
      ];
    }),
    ...(problem === undefined ? [] : [invalidValue('status.certificate', '<certificate data>', problem)]),
  ];
}

/** What was decided and what was signed stays; through `/status` nothing is decided, and only there is signed. */
export function statusChangeProblems(
  { conditions = [], certificate = '' }: Status,
  { conditions: old = [], certificate: signed = '' }: Status,
  subresource: string | undefined,
): readonly StatusCause[] {
  const count = (list: readonly Condition[], wanted: string): number =>
    list.filter(({ type }) => type === wanted).length;
  const change = (verb: 'add' | 'remove', type: string): StatusCause =>
    forbiddenField('status.conditions', `updates may not ${verb} a condition of type ${JSON.stringify(type)}`);
  return [
    ...FINAL.filter((type) => count(conditions, type) < count(old, type)).map((type) => change('remove', type)),
    ...DECISIONS.filter((type) => subresource !== 'approval' && count(conditions, type) > count(old, type)).map(
      (type) => change('add', type),
    ),
    ...(signed === '' || certificate === signed
      ? []
      : [forbiddenField('status.certificate', 'updates may not modify existing certificate content')]),
  ];
}

const PEM_BLOCK = /-----BEGIN ([^-\n]+)-----\n([\s\S]*?)-----END \1-----/g;

function certificateProblem(base64: string): string | undefined {
  if (base64 === '') return undefined;
  const blocks = [...Buffer.from(base64, 'base64').toString('latin1').matchAll(PEM_BLOCK)];
  if (blocks.length === 0) return 'must contain at least one CERTIFICATE PEM block';
  for (const [text, type = '', body = ''] of blocks) {
    if (type !== 'CERTIFICATE') return `only CERTIFICATE PEM blocks are allowed, found ${JSON.stringify(type)}`;
    if (body.includes(':')) return 'no PEM block headers are permitted';
    if (!isCertificate(text)) return 'x509: malformed certificate';
  }
  return undefined;
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).subject !== undefined;
  } catch {
    return false;
  }
}
