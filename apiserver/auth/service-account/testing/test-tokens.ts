import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import type { Clock } from '../../../../shared/clock';
import type { Client } from '../../../registry/client';
import type { SigningKeys } from '../signing-keys';
import { TokenIssuer } from '../token-issuer';

export const TEST_ISSUER = 'https://kubernetes.default.svc.cluster.local';

/** Keys in memory; on P-256, which are made at once. */
export function testSigningKeys(): SigningKeys {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const current = { id: 'test', algorithm: 'ES256', publicKey: createPublicKey(privateKey), privateKey } as const;
  return { current, accepted: new Map([[current.id, current]]) };
}

export const testTokenIssuer = (client: Client, clock: Clock, keys: SigningKeys = testSigningKeys()): TokenIssuer =>
  new TokenIssuer({ client, clock, keys, issuer: TEST_ISSUER, apiAudiences: [TEST_ISSUER] });
