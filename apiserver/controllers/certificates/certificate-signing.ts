import type { CertificateSigningRequest } from '../../../shared/api/objects';
import type { Clock } from '../../../shared/clock';
import { toTimestamp } from '../../../shared/clock';
import { ignoreConflict, ignoreNotFound } from '../../../shared/status-error';
import { CLIENT_SIGNER, NODE_CLIENT_SIGNER, pemOf, whyNotSigned } from '../../auth/certificates/signers';
import type { ClusterAuthority } from '../../auth/cluster-authority';
import type { Client, ObjectKey } from '../../registry/client';
import { keyOf } from '../../registry/client';
import type { Controller, Result } from '../controller';
import { done, watching } from '../controller';

export type CertificateSigner = Pick<ClusterAuthority, 'signClientCertificate'>;

const SIGNERS: readonly string[] = [CLIENT_SIGNER, NODE_CLIENT_SIGNER];
const HOUR_MS = 60 * 60 * 1_000;
/** How long requests are kept (k8s.io/kubernetes/pkg/controller/certificates/cleaner). */
const KEPT_MS = { pending: 24 * HOUR_MS, decided: HOUR_MS };

/** Signs what was approved for the built-in signers, and clears away requests that are over. */
export class CertificateSigningController implements Controller {
  readonly name = 'certificate-signing';
  readonly watches = [watching('CertificateSigningRequest', ({ object }) => [keyOf(object)])];

  constructor(
    private readonly deps: { readonly client: Client; readonly clock: Clock; readonly signer: CertificateSigner },
  ) {}

  async reconcile(key: ObjectKey): Promise<Result> {
    const { client, clock } = this.deps;
    const request = client.view('CertificateSigningRequest').get(key);
    if (request === undefined || request.metadata.deletionTimestamp !== undefined) return done;
    const restMs = restOf(request) - clock.now();
    if (restMs <= 0) {
      const preconditions = { uid: request.metadata.uid };
      await client.delete('CertificateSigningRequest', key, { preconditions }).catch(ignoreNotFound);
      return done;
    }
    if (isToBeSigned(request)) await this.sign(request);
    return { requeueAfterMs: restMs };
  }

  private async sign({ metadata, spec, status }: CertificateSigningRequest): Promise<void> {
    const { client, clock, signer } = this.deps;
    const why = whyNotSigned(spec);
    const durationMs = spec.expirationSeconds === undefined ? undefined : spec.expirationSeconds * 1_000;
    const signed =
      why === undefined
        ? await signer.signClientCertificate(pemOf(spec.request), durationMs).catch((error: unknown) => ({
            why: error instanceof Error ? error.message : String(error),
          }))
        : { why };
    const time = toTimestamp(clock.now());
    await client
      .modify(
        'CertificateSigningRequest',
        { name: metadata.name },
        (current) => ({
          ...current,
          status:
            typeof signed === 'string'
              ? { ...current.status, certificate: Buffer.from(signed).toString('base64') }
              : {
                  ...current.status,
                  conditions: [
                    ...(status?.conditions ?? []),
                    {
                      type: 'Failed',
                      status: 'True',
                      reason: 'SignerValidationFailure',
                      message: signed.why,
                      lastUpdateTime: time,
                      lastTransitionTime: time,
                    },
                  ],
                },
        }),
        { subresource: 'status', uid: metadata.uid },
      )
      .catch(ignoreNotFound)
      .catch(ignoreConflict);
  }
}

const has = ({ status }: CertificateSigningRequest, type: string): boolean =>
  (status?.conditions ?? []).some((condition) => condition.type === type && condition.status === 'True');

const isToBeSigned = (request: CertificateSigningRequest): boolean =>
  SIGNERS.includes(request.spec.signerName) &&
  has(request, 'Approved') &&
  !has(request, 'Denied') &&
  !has(request, 'Failed') &&
  (request.status?.certificate ?? '') === '';

/** Until when the request is kept. */
function restOf(request: CertificateSigningRequest): number {
  const decided = (request.status?.conditions ?? []).map(({ lastUpdateTime, lastTransitionTime }) =>
    Date.parse(lastUpdateTime ?? lastTransitionTime ?? request.metadata.creationTimestamp),
  );
  return decided.length === 0
    ? Date.parse(request.metadata.creationTimestamp) + KEPT_MS.pending
    : Math.max(...decided) + KEPT_MS.decided;
}
