import { silentLogger } from '../../../shared/logger';
import { settle } from '../../../shared/testing/fake-clock';
import { createPolicyTypeCheck } from '../../admission/policies/type-check';
import type { SigningKeys } from '../../auth/service-account/signing-keys';
import { testSigningKeys, testTokenIssuer } from '../../auth/service-account/testing/test-tokens';
import type { EventRecorder } from '../../events/event-recorder';
import { createEventRecorder } from '../../events/event-recorder';
import { DEFAULT_STREAM_MAPS } from '../../ingress/stream-ports';
import type { PodUsages } from '../../metrics-api/metrics-api';
import { loadSchemas } from '../../openapi/schemas';
import type { TestRegistry } from '../../registry/testing/test-registry';
import { startRegistry } from '../../registry/testing/test-registry';
import { ControllerManager } from '../controller-manager';
import type { CertificateSigner } from '../certificates/certificate-signing';
import { collectGarbage, createControllers } from '../controllers';
import { CidrPool } from '../node-ipam/cidr-pool';

export interface TestControllers extends TestRegistry {
  /** What tokens of service accounts are signed with. */
  readonly keys: SigningKeys;
  readonly events: EventRecorder;
  /** Resolves when the controllers have nothing left to do at this moment. */
  idle(): Promise<void>;
  stop(): Promise<void>;
}

/** Every controller at work on the real registry, on virtual time. `podUsages`: what pods use; nothing is known by default. */
export async function startControllers(
  podUsages: PodUsages = () => Promise.resolve(new Map()),
  signer: CertificateSigner = { signClientCertificate: () => Promise.reject(new Error('nothing is signed here')) },
): Promise<TestControllers> {
  const parts = await startRegistry();
  const { client, clock, registry } = parts;
  const events = createEventRecorder({ client, clock, logger: silentLogger });
  const keys = testSigningKeys();
  const manager = new ControllerManager(
    createControllers({
      quotas: registry.quotas,
      client,
      clock,
      events,
      tokens: testTokenIssuer(client, clock, keys),
      caCertificatePem: 'a certificate',
      signer,
      podUsages,
      streamMaps: DEFAULT_STREAM_MAPS,
      removeFolder: () => Promise.resolve(),
      podCidrs: new CidrPool({ first: 0x0af40000, prefix: 22, size: 1024 }, 24),
      policyTypeCheck: (spec) => createPolicyTypeCheck(registry.kinds, loadSchemas())(spec),
    }),
    {
      client,
      clock,
      logger: silentLogger,
    },
  );
  manager.start();
  collectGarbage(manager, { client, events });
  const idle = async (): Promise<void> => {
    for (let seen = -1; seen !== registry.cache.revision;) {
      seen = registry.cache.revision;
      await settle();
      await manager.idle();
    }
  };
  await idle();
  return {
    ...parts,
    keys,
    events,
    idle,
    async stop() {
      await manager.stop();
      await events.flush();
      await registry.close();
    },
  };
}
