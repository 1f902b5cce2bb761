/**
 * Kubernetes' Status as an error: the same codes, reasons and details over HTTP and over the node channel.
 * Reasons and codes: k8s.io/apimachinery/pkg/apis/meta/v1 (StatusReason*) and pkg/api/errors.
 */
export interface StatusCause {
  readonly reason?: string;
  readonly message?: string;
  readonly field?: string;
}

export interface StatusDetails {
  readonly name?: string;
  readonly group?: string;
  readonly kind?: string;
  readonly uid?: string;
  readonly causes?: readonly StatusCause[];
  readonly retryAfterSeconds?: number;
}

/** `v1 Status` as it stands on the wire. */
export interface Status {
  readonly kind: 'Status';
  readonly apiVersion: 'v1';
  /** `continue`: how a list whose revision is gone can go on, at the present one. */
  readonly metadata: { readonly continue?: string };
  readonly status: 'Success' | 'Failure';
  readonly message?: string;
  readonly reason?: StatusReason;
  readonly details?: StatusDetails;
  readonly code: number;
}

export type StatusReason =
  | 'AlreadyExists'
  | 'BadRequest'
  | 'Conflict'
  | 'Expired'
  | 'Forbidden'
  | 'Gone'
  | 'InternalError'
  | 'Invalid'
  | 'MethodNotAllowed'
  /** How an exec ended; the code is in the ExitCode cause. */
  | 'NonZeroExitCode'
  | 'NotAcceptable'
  | 'NotFound'
  | 'RequestEntityTooLarge'
  | 'ServiceUnavailable'
  | 'Timeout'
  | 'TooManyRequests'
  | 'Unauthorized'
  | 'UnsupportedMediaType';

const CODES: Record<StatusReason, number> = {
  AlreadyExists: 409,
  BadRequest: 400,
  Conflict: 409,
  Expired: 410,
  Forbidden: 403,
  Gone: 410,
  InternalError: 500,
  Invalid: 422,
  MethodNotAllowed: 405,
  NonZeroExitCode: 500,
  NotAcceptable: 406,
  NotFound: 404,
  RequestEntityTooLarge: 413,
  ServiceUnavailable: 503,
  Timeout: 504,
  TooManyRequests: 429,
  Unauthorized: 401,
  UnsupportedMediaType: 415,
};

/** What every part of Pinsetter throws for a refusal that a client should see. */
export class StatusError extends Error {
  override readonly name = 'StatusError';
  readonly code: number;
  private readonly metadata: Status['metadata'];
  /** Of MethodNotAllowed: what would be. */
  readonly allowedMethods?: readonly string[];

  constructor(
    readonly reason: StatusReason,
    message: string,
    readonly details?: StatusDetails,
    options?: ErrorOptions & { readonly continue?: string; readonly allowedMethods?: readonly string[] },
  ) {
    super(message, options);
    if (options?.allowedMethods !== undefined) this.allowedMethods = options.allowedMethods;
    this.metadata = options?.continue === undefined ? {} : { continue: options.continue };
    this.code = CODES[reason];
  }

  /** True where the same request may succeed later unchanged. */
  get retryable(): boolean {
    return this.reason === 'ServiceUnavailable' || this.reason === 'Timeout' || this.reason === 'TooManyRequests';
  }

  toStatus(): Status {
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: this.metadata,
      status: 'Failure',
      message: this.message,
      reason: this.reason,
      ...(this.details === undefined ? {} : { details: this.details }),
      code: this.code,
    };
  }

  /** The error a Status from the other side of a wire stands for. */
  static fromStatus(status: Status): StatusError {
    const reason = status.reason !== undefined && status.reason in CODES ? status.reason : 'InternalError';
    return new StatusError(reason, status.message ?? `the server answered ${status.code}`, status.details);
  }
}

/** A resource as Status messages name it: `pods`, or `deployments.apps` with its group. */
export interface ResourceName {
  readonly group: string;
  readonly resource: string;
}

const qualified = (of: ResourceName): string => (of.group === '' ? of.resource : `${of.resource}.${of.group}`);
const detailsOf = (of: ResourceName, name: string): StatusDetails => ({
  name,
  ...(of.group === '' ? {} : { group: of.group }),
  kind: of.resource,
});

export const notFound = (of: ResourceName, name: string): StatusError =>
  new StatusError('NotFound', `${qualified(of)} "${name}" not found`, detailsOf(of, name));

export const alreadyExists = (of: ResourceName, name: string): StatusError =>
  new StatusError('AlreadyExists', `${qualified(of)} "${name}" already exists`, detailsOf(of, name));

export const conflict = (of: ResourceName, name: string, why: string): StatusError =>
  new StatusError(
    'Conflict',
    `Operation cannot be fulfilled on ${qualified(of)} "${name}": ${why}`,
    detailsOf(of, name),
  );

export const badRequest = (message: string): StatusError => new StatusError('BadRequest', message);

export const forbidden = (of: ResourceName, name: string, why: string): StatusError =>
  new StatusError(
    'Forbidden',
    name === '' ? `${qualified(of)} is forbidden: ${why}` : `${qualified(of)} "${name}" is forbidden: ${why}`,
    detailsOf(of, name),
  );

/** 422 with one cause per field, worded as Kubernetes' field errors (`spec.x: Required value: why`). */
export const invalid = (
  of: { group: string; kind: string },
  name: string,
  causes: readonly StatusCause[],
): StatusError => {
  const lines = causes.map((cause) => `${cause.field ?? ''}: ${cause.message ?? ''}`);
  const list = lines.length === 1 ? lines[0] : `[${lines.join(', ')}]`;
  const kind = of.group === '' ? of.kind : `${of.kind}.${of.group}`;
  return new StatusError('Invalid', `${kind} "${name}" is invalid: ${list}`, {
    ...(name === '' ? {} : { name }),
    ...(of.group === '' ? {} : { group: of.group }),
    ...(of.kind === '' ? {} : { kind: of.kind }),
    causes,
  });
};

/** 410: the asked-for revision is compacted away; the client must list again. */
export const expired = (message: string): StatusError => new StatusError('Expired', message);

const is =
  (...reasons: StatusReason[]) =>
  (error: unknown): error is StatusError =>
    error instanceof StatusError && reasons.includes(error.reason);

export const isNotFound = is('NotFound');
export const isForbidden = is('Forbidden');
export const isAlreadyExists = is('AlreadyExists');
export const isConflict = is('Conflict');
export const isGone = is('Gone', 'Expired');

/** `promise.catch(ignoreNotFound)`: that error means the work is done already; any other is thrown on. */
const ignore =
  (isExpected: (error: unknown) => boolean) =>
  (error: unknown): undefined => {
    if (isExpected(error)) return undefined;
    throw error;
  };
export const ignoreNotFound = ignore(isNotFound);
export const ignoreAlreadyExists = ignore(isAlreadyExists);
export const ignoreConflict = ignore(isConflict);

/** Any error as a Status: what is not a StatusError is an InternalError whose cause stays in the log, not on the wire. */
export const toStatusError = (error: unknown): StatusError =>
  error instanceof StatusError
    ? error
    : new StatusError('InternalError', 'an error on the server has prevented the request from succeeding', undefined, {
        cause: error,
      });
