import type { ApiObject } from '../../../shared/api/objects';
import type { StatusCause } from '../../../shared/status-error';
import { badRequest, invalid } from '../../../shared/status-error';
import { nodeOf } from '../node/node-user';
import type { VirtualHandler } from '../../http/virtual-kinds';
import type { BoundObject, TokenIssuer } from './token-issuer';
import { DEFAULT_LIFETIME_SECONDS, MIN_LIFETIME_SECONDS } from './token-issuer';

const MAX_LIFETIME_SECONDS = 2 ** 32;
const KINDS: readonly string[] = ['Pod', 'Secret', 'Node'] satisfies readonly BoundObject['kind'][];

interface TokenRequestSpec {
  readonly audiences?: readonly string[];
  readonly expirationSeconds?: number | string;
  readonly boundObjectRef?: {
    readonly kind?: string;
    readonly apiVersion?: string;
    readonly name?: string;
    readonly uid?: string;
  };
}

/** `serviceaccounts/NAME/token`: a TokenRequest, answered with a token. Throws Invalid, BadRequest, NotFound, Conflict. */
export const serveTokenRequests =
  (issuer: TokenIssuer, apiAudiences: readonly string[]): VirtualHandler =>
  async ({ namespace = '', name = '', user, body }) => {
    const request = await body();
    const named = request.metadata?.name ?? '';
    if (named !== '' && named !== name) {
      throw badRequest(`name in URL (${name}) does not match name in TokenRequest (${named})`);
    }
    const spec = (request['spec'] as TokenRequestSpec | undefined) ?? {};
    const expirationSeconds = lifetimeOf(spec);
    const boundTo = boundOf(spec, name);
    const nodeName = nodeOf(user);
    const audiences = spec.audiences === undefined || spec.audiences.length === 0 ? apiAudiences : spec.audiences;
    const issued = issuer.issue({
      namespace,
      account: name,
      audiences,
      expirationSeconds,
      ...(boundTo === undefined ? {} : { boundTo }),
      ...(nodeName === undefined ? {} : { nodeName }),
    });
    const answer: ApiObject = {
      kind: 'TokenRequest',
      apiVersion: 'authentication.k8s.io/v1',
      metadata: { name, namespace },
    };
    return { ...answer, spec: { ...spec, audiences, expirationSeconds }, status: issued };
  };

function lifetimeOf({ expirationSeconds }: TokenRequestSpec): number {
  const seconds = Number(expirationSeconds ?? DEFAULT_LIFETIME_SECONDS);
  const problem =
    seconds < MIN_LIFETIME_SECONDS
      ? 'may not specify a duration less than 10 minutes'
      : seconds <= MAX_LIFETIME_SECONDS && Number.isInteger(seconds)
        ? undefined
        : 'may not specify a duration larger than 2^32 seconds';
  if (problem === undefined) return seconds;
  const cause: StatusCause = {
    reason: 'FieldValueInvalid',
    field: 'spec.expirationSeconds',
    message: `Invalid value: ${String(expirationSeconds)}: ${problem}`,
  };
  throw invalid({ group: 'authentication.k8s.io', kind: 'TokenRequest' }, '', [cause]);
}

function boundOf({ boundObjectRef: ref }: TokenRequestSpec, account: string): BoundObject | undefined {
  if (ref === undefined) return undefined;
  const { kind = '', apiVersion = '', name = '', uid } = ref;
  if (!KINDS.includes(kind) || apiVersion !== 'v1') {
    throw badRequest(
      `cannot bind token for serviceaccount ${JSON.stringify(account)} to object of type ${apiVersion}, Kind=${kind}`,
    );
  }
  return { kind: kind as BoundObject['kind'], name, ...(uid === undefined ? {} : { uid }) };
}
