import type { IncomingMessage } from 'node:http';
import type { Clock } from '../../shared/clock';
import type { Random } from '../../shared/random';
import type { User } from '../auth/user';
import { VERBS, attributesOf } from '../http/request-attributes';
import type { RequestPath } from '../http/request-path';
import { parseRequestPath, splitUrl } from '../http/request-path';
import type { AuditTrail, AuditedRequest } from './request-trail';
import { RequestTrail } from './request-trail';
import type { AuditPolicy, AuditedAttributes } from './policy';
import { decide } from './policy';

const AUDIT_ID = 'audit-id';
/** Longer ones of clients are not taken over. */
const MAX_ID = 64;

/** Notes requests as a policy says: the hook between the HTTP server and the audit log. */
export class Auditor {
  constructor(
    private readonly policy: AuditPolicy,
    private readonly deps: { readonly clock: Clock; readonly random: Random; readonly write: (line: string) => void },
  ) {}

  /** Notes that a request has come, and follows it to its end. Undefined where nothing is to be noted of it. */
  begin(audited: AuditedRequest): AuditTrail | undefined {
    const { request, user, response } = audited;
    const { path, attributes } = describe(request, user);
    const decision = decide(this.policy, attributes);
    if (decision.level === 'None') return undefined;
    const given = request.headers[AUDIT_ID];
    const auditID = typeof given === 'string' && given.length <= MAX_ID ? given : this.deps.random.uid();
    response?.setHeader('Audit-Id', auditID);
    return new RequestTrail(audited, { ...this.deps, auditID, decision, attributes, path });
  }
}

function describe(
  request: IncomingMessage,
  user: User | undefined,
): { readonly path: RequestPath | undefined; readonly attributes: AuditedAttributes } {
  const url = splitUrl(request.url);
  const path = /^\/apis?\//.test(url.pathname) ? parsedOrNone(url.pathname) : undefined;
  const who = user === undefined ? {} : { user };
  if (path?.plural === undefined) {
    const verb = (request.method ?? '').toLowerCase();
    return { path: undefined, attributes: { ...who, verb, path: url.pathname } };
  }
  const resource = attributesOf(request, path, url.searchParams);
  const verb = resource.verb === '' ? (VERBS[request.method ?? ''] ?? 'other') : resource.verb;
  return { path, attributes: { ...who, verb, path: url.pathname, resource } };
}

/** A path that cannot be read is noted as it came. */
function parsedOrNone(pathname: string): RequestPath | undefined {
  try {
    return parseRequestPath(pathname);
  } catch {
    return undefined;
  }
}
