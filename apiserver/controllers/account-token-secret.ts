import type { Secret, ServiceAccount } from '../../shared/api/objects';
import { ignoreConflict, ignoreNotFound } from '../../shared/status-error';
import type { TokenIssuer } from '../auth/service-account/token-issuer';
import type { Client, ObjectKey } from '../registry/client';
import { keyOf } from '../registry/client';
import type { Controller, Result } from './controller';
import { done, watching } from './controller';

const TYPE = 'kubernetes.io/service-account-token';
const ACCOUNT_NAME = 'kubernetes.io/service-account.name';
const ACCOUNT_UID = 'kubernetes.io/service-account.uid';

const accountNameOf = ({ type, metadata }: Secret): string | undefined =>
  type === TYPE ? metadata.annotations?.[ACCOUNT_NAME] : undefined;

/** Fills Secrets of the type service-account-token with a token that lasts as long as they do; they go with their account. */
export class AccountTokenSecretController implements Controller {
  readonly name = 'account-token-secret';
  readonly watches = [
    watching('Secret', ({ object }) => (accountNameOf(object) === undefined ? [] : [keyOf(object)])),
    watching('ServiceAccount', ({ object: { metadata } }) =>
      this.deps.client
        .view('Secret')
        .list({ namespace: metadata.namespace, where: (secret) => accountNameOf(secret) === metadata.name })
        .map(keyOf),
    ),
  ];

  constructor(
    private readonly deps: {
      readonly client: Client;
      readonly tokens: Pick<TokenIssuer, 'issueLasting'>;
      readonly caCertificatePem: string;
    },
  ) {}

  async reconcile(key: ObjectKey): Promise<Result> {
    const { client } = this.deps;
    const secret = client.view('Secret').get(key);
    const name = secret === undefined ? undefined : accountNameOf(secret);
    if (secret === undefined || name === undefined || secret.metadata.deletionTimestamp !== undefined) return done;
    const account = client.view('ServiceAccount').get({ namespace: secret.metadata.namespace, name });
    const uid = secret.metadata.annotations?.[ACCOUNT_UID];
    if (account === undefined || (uid !== undefined && uid !== account.metadata.uid)) {
      await client
        .delete('Secret', key, { preconditions: { uid: secret.metadata.uid } })
        .catch(ignoreNotFound)
        .catch(ignoreConflict);
      return done;
    }
    const filled = this.fill(secret, account);
    if (filled !== undefined) await client.update('Secret', filled);
    return done;
  }

  /** Undefined: there is nothing to add. */
  private fill(secret: Secret, account: ServiceAccount): Secret | undefined {
    const { tokens, caCertificatePem } = this.deps;
    const { namespace, annotations } = secret.metadata;
    const base64 = (text: string): string => Buffer.from(text).toString('base64');
    const data = {
      ...secret.data,
      'ca.crt': base64(caCertificatePem),
      namespace: base64(namespace),
    };
    const isSame =
      annotations?.[ACCOUNT_UID] === account.metadata.uid &&
      secret.data?.['token'] !== undefined &&
      secret.data['ca.crt'] === data['ca.crt'] &&
      secret.data['namespace'] === data.namespace;
    if (isSame) return undefined;
    const token = secret.data?.['token'] ?? base64(tokens.issueLasting(account, secret.metadata.name));
    return {
      ...secret,
      metadata: { ...secret.metadata, annotations: { ...annotations, [ACCOUNT_UID]: account.metadata.uid } },
      data: { ...data, token },
    };
  }
}
