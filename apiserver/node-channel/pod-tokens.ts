import type { Pod, Volume } from '../../shared/api/objects';
import { StatusError } from '../../shared/status-error';
import type { PodToken, TokenOrder } from '../../shared/wire/node-channel';
import type { TokenIssuer } from '../auth/service-account/token-issuer';

type TokenSource = NonNullable<NonNullable<NonNullable<Volume['projected']>['sources']>[number]['serviceAccountToken']>;

const DEFAULT_SECONDS = 3_600;

/** Of all that the pod's volumes ask for. */
export const tokenSourcesOf = ({ spec }: Pod): readonly TokenSource[] =>
  (spec.volumes ?? [])
    .flatMap(({ projected }) => projected?.sources ?? [])
    .flatMap(({ serviceAccountToken }) => serviceAccountToken ?? []);

/**
 * A token for a pod of the node that asks, bound to that pod: of an audience and a lifetime that a volume of the pod
 * names, so that a node cannot make itself any other. Throws Forbidden.
 */
export function issuePodToken(issuer: Pick<TokenIssuer, 'issue'>, pod: Pod | undefined, order: TokenOrder): PodToken {
  const isAsked =
    pod !== undefined &&
    tokenSourcesOf(pod).some(
      ({ audience = '', expirationSeconds = DEFAULT_SECONDS }) =>
        audience === order.audience && expirationSeconds === order.expirationSeconds,
    );
  if (!isAsked) throw new StatusError('Forbidden', 'a pod of this node must have a volume that asks for such a token');
  const { namespace, name, uid } = pod.metadata;
  const { token, expirationTimestamp } = issuer.issue({
    namespace,
    account: pod.spec.serviceAccountName ?? 'default',
    audiences: order.audience === '' ? [] : [order.audience],
    expirationSeconds: order.expirationSeconds,
    boundTo: { kind: 'Pod', name, uid },
  });
  return { token, expiresAtMs: Date.parse(expirationTimestamp) };
}
