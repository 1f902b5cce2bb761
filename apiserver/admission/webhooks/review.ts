import { randomUUID } from 'node:crypto';
import type { ApiObject } from '../../../shared/api/objects';
import type { StatusReason } from '../../../shared/status-error';
import { StatusError } from '../../../shared/status-error';
import type { Kind } from '../../kinds/kind';
import type { OutsideCall } from '../outside-admission';

const GROUP = 'admission.k8s.io';

/** A webhook's answer that was understood. */
export interface Verdict {
  readonly isAllowed: boolean;
  readonly refusal?: StatusError;
  /** JSON Patch (RFC 6902). */
  readonly patch?: readonly unknown[];
  readonly warnings: readonly string[];
  readonly auditAnnotations: Readonly<Record<string, string>>;
}

export interface Review {
  readonly uid: string;
  readonly apiVersion: string;
  readonly body: object;
}

const OPTIONS = { CREATE: 'CreateOptions', UPDATE: 'UpdateOptions', DELETE: 'DeleteOptions' } as const;
/** Of a connection the object is what it was asked for with, whose kind is its own. */
const isConnection = ({ operation }: OutsideCall): boolean => operation === 'CONNECT';

/** The AdmissionReview that asks a webhook, in the first of the versions it knows. */
export function reviewOf(call: OutsideCall, object: ApiObject | undefined, versions: readonly string[]): Review {
  const { request, old } = call;
  const uid = randomUUID();
  const apiVersion = `${GROUP}/${versions.find((version) => version === 'v1' || version === 'v1beta1') ?? 'v1'}`;
  const body = {
    kind: 'AdmissionReview',
    apiVersion,
    request: {
      uid,
      ...describe(call),
      object: object === undefined ? null : isConnection(call) ? object : typed(request.kind, object),
      oldObject: old === undefined ? null : typed(request.kind, old),
    },
  };
  return { uid, apiVersion, body };
}

/** The request itself, without the objects: also what conditions see of it. */
export function describe(call: OutsideCall): object {
  const { request, operation, name, namespace } = call;
  const { kind, user, dryRun } = request;
  const { group, version, plural } = kind;
  const subresource = call.subresource ?? request.subresource;
  const nameOf = (of: Kind): object => ({
    group: of.group,
    version: of.version,
    kind: isConnection(call) ? (call.object?.kind ?? of.kind) : of.kind,
  });
  const asked = call.asked ?? kind;
  return {
    kind: nameOf(kind),
    resource: { group, version, resource: plural },
    ...(subresource === undefined ? {} : { subResource: subresource, requestSubResource: subresource }),
    requestKind: nameOf(asked),
    requestResource: { group: asked.group, version: asked.version, resource: asked.plural },
    ...(name === '' ? {} : { name }),
    ...(namespace === undefined ? {} : { namespace }),
    operation,
    userInfo: {
      username: user.name,
      ...(user.uid === undefined ? {} : { uid: user.uid }),
      groups: user.groups,
      ...(user.extra === undefined ? {} : { extra: user.extra }),
    },
    dryRun,
    ...(operation === 'CONNECT'
      ? {}
      : {
          options: { kind: OPTIONS[operation], apiVersion: 'meta.k8s.io/v1', ...(dryRun ? { dryRun: ['All'] } : {}) },
        }),
  };
}

const typed = ({ group, version, kind }: Kind, object: ApiObject): ApiObject => ({
  ...object,
  apiVersion: group === '' ? version : `${group}/${version}`,
  kind,
});

interface Response {
  readonly uid?: unknown;
  readonly allowed?: unknown;
  readonly status?: { readonly code?: number; readonly reason?: string; readonly message?: string };
  readonly patch?: unknown;
  readonly patchType?: unknown;
  readonly warnings?: unknown;
  readonly auditAnnotations?: unknown;
}

/** What the webhook `name` says. Throws an Error for what is no answer to the review. */
export function readVerdict(answer: unknown, { uid, apiVersion }: Review, name: string): Verdict {
  const { kind, apiVersion: given, response } = asRecord(answer);
  if (kind !== 'AdmissionReview' || given !== apiVersion) {
    throw new Error(
      `expected webhook response of ${apiVersion}, Kind=AdmissionReview, got ${String(given)}, Kind=${String(kind)}`,
    );
  }
  const {
    uid: answered,
    allowed,
    status,
    patch,
    patchType,
    warnings,
    auditAnnotations,
  } = asRecord(response) as Response;
  if (answered !== uid)
    throw new Error(`expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(answered)}`);
  const isPatched = typeof patch === 'string' && patch !== '';
  if (isPatched && patchType !== 'JSONPatch') {
    throw new Error(
      `webhook returned invalid response: response.patchType must be JSONPatch, got ${JSON.stringify(patchType)}`,
    );
  }
  return {
    isAllowed: allowed === true,
    ...(allowed === true ? {} : { refusal: refusalOf(name, status) }),
    ...(isPatched ? { patch: readPatch(patch) } : {}),
    warnings: Array.isArray(warnings) ? warnings.filter((text) => typeof text === 'string') : [],
    auditAnnotations: Object.fromEntries(
      Object.entries(asRecord(auditAnnotations)).flatMap(([key, value]) =>
        typeof value === 'string' ? [[key, value]] : [],
      ),
    ),
  };
}

const asRecord = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};

function readPatch(base64: string): readonly unknown[] {
  const patch: unknown = JSON.parse(Buffer.from(base64, 'base64').toString('utf8'));
  if (Array.isArray(patch)) return patch;
  throw new Error('webhook returned invalid response: response.patch must be a list of operations');
}

/** What a refusal's code stands for, where the webhook names no reason. */
const REASONS: Readonly<Record<number, StatusReason>> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  404: 'NotFound',
  409: 'Conflict',
  410: 'Gone',
  422: 'Invalid',
  429: 'TooManyRequests',
  500: 'InternalError',
  503: 'ServiceUnavailable',
};

/** k8s.io/apiserver/pkg/admission/plugin/webhook/errors: ToStatusErr */
function refusalOf(name: string, status: Response['status']): StatusError {
  const why = status?.message ?? status?.reason ?? '';
  const said = `admission webhook ${JSON.stringify(name)} denied the request`;
  const reason = REASONS[status?.code ?? 0] ?? 'Forbidden';
  return new StatusError(reason, why === '' ? `${said} without explanation` : `${said}: ${why}`);
}
