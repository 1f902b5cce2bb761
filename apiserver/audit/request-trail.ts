import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Clock } from '../../shared/clock';
import type { StatusError } from '../../shared/status-error';
import type { User } from '../auth/user';
import { BODY_READ } from '../http/read-object';
import type { RequestPath } from '../http/request-path';
import type { AuditEvent, AuditObjectRef, AuditStatus } from './event';
import { auditUser, microTime, withoutManagedFields } from './event';
import type { AuditDecision, AuditStage, AuditedAttributes } from './policy';
import { ResponseRecorder } from './response-recorder';

const DECISION = 'authorization.k8s.io/decision';
const REASON = 'authorization.k8s.io/reason';
const TRUNCATED = 'audit.k8s.io/truncated';
const STREAMS = ['attach', 'exec', 'log', 'portforward', 'proxy'];
const SWITCHING = 101;

/** What happens to one request, as it is noted. */
export interface AuditTrail {
  /** The request speaks for somebody else. */
  speaksFor(user: User): void;
  /** Whoever asks may do this. */
  allowed(): void;
  readonly annotate: (key: string, text: string) => void;
  /** The answer is going to be this refusal. */
  refused(refusal: StatusError): void;
}

export interface AuditedRequest {
  readonly request: IncomingMessage;
  /** Undefined: who it is could not be found out. */
  readonly user: User | undefined;
  readonly response?: ServerResponse;
  /** In place of a response where the connection is to become a stream. */
  readonly socket?: Duplex;
}

export interface TrailDeps {
  readonly clock: Clock;
  readonly write: (line: string) => void;
  readonly auditID: string;
  readonly decision: AuditDecision;
  readonly attributes: AuditedAttributes;
  readonly path: RequestPath | undefined;
}

/**
 * One request from its arrival to its end, an event for each stage. What it carries is taken down when it is read: what
 * the server makes of it later is not what was sent.
 */
export class RequestTrail implements AuditTrail {
  private readonly receivedMs: number;
  private readonly annotations: Record<string, string> = {};
  private impersonated: User | undefined;
  private requestObject: unknown;
  private named: Pick<AuditObjectRef, 'name' | 'namespace' | 'uid' | 'resourceVersion'> = {};
  private refusal: StatusError | undefined;
  private recorder: ResponseRecorder | undefined;
  private code = SWITCHING;
  private isOver = false;

  constructor(
    private readonly audited: AuditedRequest,
    private readonly deps: TrailDeps,
  ) {
    this.receivedMs = deps.clock.now();
    const { request, response, socket } = audited;
    this.emit('RequestReceived');
    request.once(BODY_READ, (body: unknown) => this.take(body));
    if (response !== undefined) this.follow(response);
    else if (socket !== undefined) this.followStream(socket);
  }

  speaksFor(user: User): void {
    this.impersonated = user;
  }

  allowed(): void {
    this.annotate(DECISION, 'allow');
    this.annotate(REASON, '');
  }

  readonly annotate = (key: string, text: string): void => {
    this.annotations[key] ??= text;
  };

  refused(refusal: StatusError): void {
    this.refusal = refusal;
    if (refusal.reason === 'Forbidden') this.annotate(DECISION, 'forbid');
    this.code = refusal.code;
    if (this.audited.response === undefined) this.end();
  }

  private follow(response: ServerResponse): void {
    const { decision, attributes } = this.deps;
    if (attributes.verb === 'watch' || STREAMS.includes(attributes.resource?.subresource ?? '')) {
      onHead(response, (code) => {
        this.code = code;
        this.emit('ResponseStarted');
      });
    } else if (decision.level === 'RequestResponse') this.recorder = new ResponseRecorder(response);
    response.once('close', () => {
      this.code = response.statusCode;
      this.end();
    });
  }

  private followStream(socket: Duplex): void {
    onFirstWrite(socket, () => {
      if (this.refusal === undefined) this.emit('ResponseStarted');
    });
    socket.once('close', () => this.end());
  }

  private end(): void {
    if (this.isOver) return;
    this.isOver = true;
    // What was thrown and is no refusal stays as its cause.
    const isFailure = this.refusal?.reason === 'InternalError' && this.refusal.cause !== undefined;
    this.emit(isFailure ? 'Panic' : 'ResponseComplete');
  }

  /** The body as it came: its name for who notes metadata, a copy of all of it for who notes more. */
  private take(body: unknown): void {
    const { metadata } = (body ?? {}) as { metadata?: Record<string, unknown> };
    const text = (field: string): Record<string, string> => {
      const value = metadata?.[field];
      return typeof value === 'string' && value !== '' ? { [field]: value } : {};
    };
    this.named = { ...text('name'), ...text('namespace'), ...text('uid'), ...text('resourceVersion') };
    const { level, omitManagedFields } = this.deps.decision;
    if (level === 'Metadata') return;
    this.requestObject = structuredClone(omitManagedFields ? withoutManagedFields(body) : body);
  }

  private emit(stage: AuditStage): void {
    const { decision, auditID, attributes, clock, write } = this.deps;
    if (decision.omitStages.has(stage)) return;
    const { request, user } = this.audited;
    const responseObject = stage === 'ResponseComplete' ? this.responseObject() : undefined;
    const objectRef = this.objectRef();
    const event: AuditEvent = {
      kind: 'Event',
      apiVersion: 'audit.k8s.io/v1',
      level: decision.level,
      auditID,
      stage,
      requestURI: request.url ?? '/',
      verb: attributes.verb,
      user: user === undefined ? {} : auditUser(user),
      ...(this.impersonated === undefined ? {} : { impersonatedUser: auditUser(this.impersonated) }),
      sourceIPs: sourceIps(request),
      ...(request.headers['user-agent'] === undefined ? {} : { userAgent: request.headers['user-agent'] }),
      ...(objectRef === undefined ? {} : { objectRef }),
      ...(stage === 'RequestReceived' ? {} : { responseStatus: this.status(responseObject) }),
      ...(this.requestObject === undefined || stage === 'RequestReceived' ? {} : { requestObject: this.requestObject }),
      ...(responseObject === undefined ? {} : { responseObject }),
      requestReceivedTimestamp: microTime(this.receivedMs),
      stageTimestamp: microTime(clock.now()),
      ...(Object.keys(this.annotations).length === 0 || stage === 'RequestReceived'
        ? {}
        : { annotations: this.annotations }),
    };
    write(JSON.stringify(event));
  }

  private objectRef(): AuditObjectRef | undefined {
    const { attributes, path } = this.deps;
    const { resource } = attributes;
    if (resource === undefined || path === undefined) return undefined;
    const { uid, resourceVersion } = this.named;
    const [namespace, name] = [resource.namespace ?? this.named.namespace, path.name ?? this.named.name];
    return {
      resource: resource.resource,
      ...(namespace === undefined ? {} : { namespace }),
      ...(name === undefined ? {} : { name }),
      ...(uid === undefined ? {} : { uid }),
      ...(resource.group === '' ? {} : { apiGroup: resource.group }),
      apiVersion: path.version,
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
      ...(resource.subresource === undefined ? {} : { subresource: resource.subresource }),
    };
  }

  private responseObject(): unknown {
    const recorded = this.recorder?.object();
    if (recorded === undefined) return undefined;
    if (recorded.isTooLarge) {
      this.annotate(TRUNCATED, 'true');
      return undefined;
    }
    return this.deps.decision.omitManagedFields ? withoutManagedFields(recorded.value) : recorded.value;
  }

  private status(responseObject: unknown): AuditStatus {
    if (this.refusal !== undefined) {
      const { kind: _k, apiVersion: _v, ...status } = this.refusal.toStatus();
      return status;
    }
    const { kind, status } = (responseObject ?? {}) as { kind?: unknown; status?: unknown };
    return { metadata: {}, ...(kind === 'Status' && status === 'Success' ? { status } : {}), code: this.code };
  }
}

/** As the request came by proxies, which may say what they like, and last who it really came from. */
function sourceIps({ headers, socket }: IncomingMessage): readonly string[] {
  const forwarded = [headers['x-forwarded-for'] ?? []].flat().flatMap((each) => each.split(','));
  const address = (socket.remoteAddress ?? '').replace(/^::ffff:/, '');
  return [...new Set([...forwarded.map((each) => each.trim()), address])].filter((each) => each !== '');
}

/** Calls `handler` when the head of the answer is written. */
function onHead(response: ServerResponse, handler: (code: number) => void): void {
  const { writeHead } = response;
  response.writeHead = ((...args: Parameters<ServerResponse['writeHead']>) => {
    response.writeHead = writeHead;
    const written: unknown = Reflect.apply(writeHead, response, args);
    handler(response.statusCode);
    return written;
  }) as ServerResponse['writeHead'];
}

/** Calls `handler` before the first bytes go out: those that accept the stream, or refuse it. */
function onFirstWrite(socket: Duplex, handler: () => void): void {
  const { write } = socket;
  socket.write = ((...args: Parameters<Duplex['write']>) => {
    socket.write = write;
    handler();
    return Reflect.apply(write, socket, args) as boolean;
  }) as Duplex['write'];
}
