import { X509Certificate } from 'node:crypto';
import type { Clock } from '../../shared/clock';
import { toTimestamp } from '../../shared/clock';
import type { Logger } from '../../shared/logger';
import type { CertificateRenewal, JoinResponse } from '../../shared/wire/node-channel';
import { certificateRequestFor } from './certificate-request';
import type { NodeCredential } from './node-credential';
import { certificateEndMs } from './node-credential';

const CHECK_MS = 60 * 60 * 1_000;
/** Renewed with this share of its life still left: a node may be away for that long. */
const LEFT_SHARE = 1 / 3;

/**
 * The node's credential as it is now. While connected it is renewed over the channel long before it ends, also where
 * the first attempts fail; the key stays, since the key is the node. What is new serves the next connection.
 */
export class RenewedCredential {
  private isAsking = false;

  constructor(
    private credential: NodeCredential,
    private readonly options: {
      readonly nodeName: string;
      readonly clock: Clock;
      readonly logger: Logger;
      /** Keeps it over restarts. */
      readonly keep: (fresh: NodeCredential) => Promise<void>;
    },
  ) {}

  get current(): NodeCredential {
    return this.credential;
  }

  /** Whether the server is being asked at this moment. */
  get isBusy(): boolean {
    return this.isAsking;
  }

  /** Looks now and every hour whether it is time. Returns the function that ends that. */
  renewOver(ask: (renewal: CertificateRenewal) => Promise<JoinResponse>): () => void {
    void this.renewIfDue(ask);
    return this.options.clock.setInterval(() => void this.renewIfDue(ask), CHECK_MS);
  }

  private async renewIfDue(ask: (renewal: CertificateRenewal) => Promise<JoinResponse>): Promise<void> {
    const { nodeName, clock, logger, keep } = this.options;
    if (this.isAsking || !isDue(this.credential, clock.now())) return;
    this.isAsking = true;
    try {
      const { key } = this.credential;
      const { certificate, caCertificate } = await ask({
        certificateRequest: await certificateRequestFor(nodeName, key),
      });
      const fresh = { key, certificate, caCertificate };
      await keep(fresh);
      this.credential = fresh;
      logger.info({ ends: toTimestamp(certificateEndMs(fresh)) }, 'the certificate of this node was renewed');
    } catch (error) {
      logger.warn(
        { err: error, ends: toTimestamp(certificateEndMs(this.credential)) },
        'the certificate of this node could not be renewed, trying again in an hour',
      );
    } finally {
      this.isAsking = false;
    }
  }
}

function isDue({ certificate }: NodeCredential, nowMs: number): boolean {
  const { validFrom, validTo } = new X509Certificate(certificate);
  const [fromMs, toMs] = [Date.parse(validFrom), Date.parse(validTo)];
  return toMs - nowMs < (toMs - fromMs) * LEFT_SHARE;
}
