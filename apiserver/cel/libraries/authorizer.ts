import type { Environment } from '@marcbachmann/cel-js';
import type { Attributes, Authorizer } from '../../auth/authorizer';
import type { User } from '../../auth/user';

type Asked = Exclude<Attributes, { path: string }>;
type Place = Omit<Asked, 'verb'>;

class PathCheck {
  constructor(
    readonly by: CelAuthorizer,
    readonly path: string,
  ) {}
}
class GroupCheck {
  constructor(
    readonly by: CelAuthorizer,
    readonly group: string,
  ) {}
}
class ResourceCheck {
  constructor(
    readonly by: CelAuthorizer,
    readonly place: Place,
  ) {}

  with(more: Partial<Place>): ResourceCheck {
    return new ResourceCheck(this.by, { ...this.place, ...more });
  }
}
class Decision {
  constructor(
    readonly isAllowed: boolean,
    readonly reason: string,
  ) {}
}

/** What may be asked about the rights of who makes a request, or of a service account: `authorizer` in expressions. */
export class CelAuthorizer {
  readonly requestResource: ResourceCheck;

  constructor(
    private readonly authorizer: Authorizer,
    private readonly user: User,
    /** What the request is about. */
    private readonly place: Place,
  ) {
    this.requestResource = new ResourceCheck(this, place);
  }

  decide(attributes: Attributes): Decision {
    const isAllowed = this.authorizer.isAllowed(this.user, attributes);
    return new Decision(isAllowed, isAllowed ? '' : (this.authorizer.whyNot?.(this.user, attributes) ?? ''));
  }

  as(namespace: string, name: string): CelAuthorizer {
    if (namespace === '' || name === '') throw new Error('a service account has a namespace and a name');
    const groups = ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'];
    const user = { name: `system:serviceaccount:${namespace}:${name}`, groups };
    return new CelAuthorizer(this.authorizer, user, this.place);
  }
}

const AUTHORIZER = 'kubernetes.authorization.Authorizer';
const PATH = 'kubernetes.authorization.PathCheck';
const GROUP = 'kubernetes.authorization.GroupCheck';
const RESOURCE = 'kubernetes.authorization.ResourceCheck';
const DECISION = 'kubernetes.authorization.Decision';

/** k8s.io/apiserver/pkg/cel/library: authz */
export function addAuthorizer(environment: Environment): void {
  environment.registerType(PATH, { ctor: PathCheck, fields: {} });
  environment.registerType(GROUP, { ctor: GroupCheck, fields: {} });
  environment.registerType(RESOURCE, { ctor: ResourceCheck, fields: {} });
  environment.registerType(DECISION, { ctor: Decision, fields: {} });
  environment.registerType(AUTHORIZER, { ctor: CelAuthorizer, fields: { requestResource: RESOURCE } });
  const functions: Readonly<Record<string, (...args: never[]) => unknown>> = {
    [`${AUTHORIZER}.path(string): ${PATH}`]: (by: CelAuthorizer, path: string) => new PathCheck(by, path),
    [`${AUTHORIZER}.group(string): ${GROUP}`]: (by: CelAuthorizer, group: string) => new GroupCheck(by, group),
    [`${AUTHORIZER}.serviceAccount(string, string): ${AUTHORIZER}`]: (
      by: CelAuthorizer,
      namespace: string,
      name: string,
    ) => by.as(namespace, name),
    [`${PATH}.check(string): ${DECISION}`]: ({ by, path }: PathCheck, verb: string) => by.decide({ verb, path }),
    [`${GROUP}.resource(string): ${RESOURCE}`]: ({ by, group }: GroupCheck, resource: string) =>
      new ResourceCheck(by, { group, resource }),
    [`${RESOURCE}.subresource(string): ${RESOURCE}`]: (check: ResourceCheck, subresource: string) =>
      check.with({ subresource }),
    [`${RESOURCE}.namespace(string): ${RESOURCE}`]: (check: ResourceCheck, namespace: string) =>
      check.with({ namespace }),
    [`${RESOURCE}.name(string): ${RESOURCE}`]: (check: ResourceCheck, name: string) => check.with({ name }),
    [`${RESOURCE}.fieldSelector(string): ${RESOURCE}`]: (check: ResourceCheck, fieldSelector: string) =>
      check.with({ fieldSelector }),
    // No right here depends on labels.
    [`${RESOURCE}.labelSelector(string): ${RESOURCE}`]: (check: ResourceCheck) => check,
    [`${RESOURCE}.check(string): ${DECISION}`]: ({ by, place }: ResourceCheck, verb: string) =>
      by.decide({ ...place, verb }),
    [`${DECISION}.allowed(): bool`]: ({ isAllowed }: Decision) => isAllowed,
    [`${DECISION}.reason(): string`]: ({ reason }: Decision) => reason,
    [`${DECISION}.errored(): bool`]: () => false,
    [`${DECISION}.error(): string`]: () => '',
  };
  for (const [signature, handler] of Object.entries(functions))
    environment.registerFunction(signature, handler as never);
}
