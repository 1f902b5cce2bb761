import type { User } from '../auth/user';
import type { Status } from '../../shared/status-error';
import type { AuditLevel, AuditStage } from './policy';

/** An audit.k8s.io/v1 Event: one line of the log, in Kubernetes' order of fields. */
export interface AuditEvent {
  readonly kind: 'Event';
  readonly apiVersion: 'audit.k8s.io/v1';
  readonly level: AuditLevel;
  readonly auditID: string;
  readonly stage: AuditStage;
  readonly requestURI: string;
  readonly verb: string;
  readonly user: AuditUser;
  readonly impersonatedUser?: AuditUser;
  readonly sourceIPs: readonly string[];
  readonly userAgent?: string;
  readonly objectRef?: AuditObjectRef;
  readonly responseStatus?: AuditStatus;
  readonly requestObject?: unknown;
  readonly responseObject?: unknown;
  readonly requestReceivedTimestamp: string;
  readonly stageTimestamp: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface AuditUser {
  readonly username?: string;
  readonly uid?: string;
  readonly groups?: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

export interface AuditObjectRef {
  readonly resource?: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly uid?: string;
  readonly apiGroup?: string;
  readonly apiVersion?: string;
  readonly resourceVersion?: string;
  readonly subresource?: string;
}

export type AuditStatus = Partial<Omit<Status, 'kind' | 'apiVersion' | 'code'>> & { readonly code: number };

export const auditUser = ({ name, uid, groups, extra }: User): AuditUser => ({
  username: name,
  ...(uid === undefined ? {} : { uid }),
  groups,
  ...(extra === undefined ? {} : { extra }),
});

/** RFC 3339 with microseconds, as metav1.MicroTime. */
export const microTime = (ms: number): string => `${new Date(ms).toISOString().slice(0, -1)}000Z`;

type Fields = Record<string, unknown>;
const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null;

/** The object, or each of a list, without what says who owns its fields. Changes nothing. */
export function withoutManagedFields(value: unknown): unknown {
  if (!isFields(value)) return value;
  const { metadata, items } = value;
  const { managedFields: _, ...kept } = isFields(metadata) ? metadata : {};
  return {
    ...value,
    ...(isFields(metadata) ? { metadata: kept } : {}),
    ...(Array.isArray(items) ? { items: items.map(withoutManagedFields) } : {}),
  };
}
