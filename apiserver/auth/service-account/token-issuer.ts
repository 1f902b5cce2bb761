import { randomUUID } from 'node:crypto';
import jwt from 'jsonwebtoken';
import type { Pod, ServiceAccount } from '../../../shared/api/objects';
import type { Clock } from '../../../shared/clock';
import { StatusError, badRequest, conflict, notFound } from '../../../shared/status-error';
import type { Client } from '../../registry/client';
import type { TokenClaims } from './claims';
import { LASTING_ISSUER, accountUserName } from './claims';
import type { SigningKeys } from './signing-keys';

export const DEFAULT_LIFETIME_SECONDS = 3_600;
export const MIN_LIFETIME_SECONDS = 600;

/** The object with which a token ends. */
export interface BoundObject {
  readonly kind: 'Pod' | 'Secret' | 'Node';
  readonly name: string;
  readonly uid?: string;
}

export interface TokenOrder {
  readonly namespace: string;
  readonly account: string;
  /** Empty: for this API. */
  readonly audiences: readonly string[];
  readonly expirationSeconds: number;
  readonly boundTo?: BoundObject;
  /** The node that asks: it gets tokens that are bound to a pod on it, and no others. */
  readonly nodeName?: string;
}

export interface IssuedToken {
  readonly token: string;
  /** RFC 3339. */
  readonly expirationTimestamp: string;
}

export interface TokenIssuerOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly keys: SigningKeys;
  /** Of all tokens: an https URL under which the keys may be found. */
  readonly issuer: string;
  /** Whom tokens are for that name no audience. */
  readonly apiAudiences: readonly string[];
}

/** Signs tokens for service accounts. */
export class TokenIssuer {
  constructor(private readonly options: TokenIssuerOptions) {}

  /**
   * A token bound to the account and, where one is named, to the object. Throws NotFound where either is missing,
   * Conflict where the object is not the one that is meant, BadRequest where it is no object of this account.
   */
  issue(order: TokenOrder): IssuedToken {
    const { client, clock, issuer, apiAudiences } = this.options;
    const { namespace, account: name, audiences, expirationSeconds } = order;
    const account = client.view('ServiceAccount').get({ namespace, name });
    if (account === undefined) throw notFound({ group: '', resource: 'serviceaccounts' }, name);
    this.refuseForeignNode(order);
    const nowSeconds = Math.floor(clock.now() / 1_000);
    const claims: TokenClaims = {
      iss: issuer,
      sub: accountUserName(namespace, name),
      aud: audiences.length === 0 ? apiAudiences : audiences,
      iat: nowSeconds,
      nbf: nowSeconds,
      exp: nowSeconds + expirationSeconds,
      jti: randomUUID(),
      'kubernetes.io': {
        namespace,
        serviceaccount: { name, uid: account.metadata.uid },
        ...(order.boundTo === undefined ? {} : this.bound(account, order.boundTo)),
      },
    };
    return {
      token: this.sign(claims),
      expirationTimestamp: `${new Date(claims.exp * 1_000).toISOString().slice(0, 19)}Z`,
    };
  }

  /**
   * A token that ends only with the Secret of that name which holds it
   * (k8s.io/kubernetes/pkg/serviceaccount/legacy.go).
   */
  issueLasting({ metadata: { namespace, name, uid } }: ServiceAccount, secretName: string): string {
    const prefix = 'kubernetes.io/serviceaccount';
    const claims = {
      iss: LASTING_ISSUER,
      [`${prefix}/namespace`]: namespace,
      [`${prefix}/secret.name`]: secretName,
      [`${prefix}/service-account.name`]: name,
      [`${prefix}/service-account.uid`]: uid,
      sub: accountUserName(namespace, name),
    };
    return this.sign(claims);
  }

  private refuseForeignNode({ namespace, boundTo, nodeName }: TokenOrder): void {
    if (nodeName === undefined) return;
    const pod =
      boundTo?.kind === 'Pod' ? this.options.client.view('Pod').get({ namespace, name: boundTo.name }) : undefined;
    if (pod?.spec.nodeName === nodeName && boundTo?.uid === pod.metadata.uid) return;
    throw new StatusError(
      'Forbidden',
      `node ${JSON.stringify(nodeName)} requested a token not bound to a pod of its own`,
    );
  }

  private sign(claims: object): string {
    const { id, algorithm, privateKey } = this.options.keys.current;
    return jwt.sign(claims, privateKey, { algorithm, keyid: id, noTimestamp: !('iat' in claims) });
  }

  private bound(account: ServiceAccount, { kind, name, uid }: BoundObject): Partial<TokenClaims['kubernetes.io']> {
    const { client } = this.options;
    const { namespace } = account.metadata;
    const found =
      kind === 'Pod'
        ? client.view('Pod').get({ namespace, name })
        : kind === 'Secret'
          ? client.view('Secret').get({ namespace, name })
          : client.view('Node').get({ name });
    if (found === undefined) throw notFound({ group: '', resource: `${kind.toLowerCase()}s` }, name);
    if (uid !== undefined && uid !== '' && uid !== found.metadata.uid) {
      throw conflict(
        { group: '', resource: `${kind.toLowerCase()}s` },
        name,
        `the UID in the bound object reference (${uid}) does not match the UID in record. The object might have been deleted and then recreated`,
      );
    }
    const reference = { name, uid: found.metadata.uid };
    if (kind !== 'Pod') return { [kind.toLowerCase()]: reference };
    const { spec } = found as Pod;
    if (spec.serviceAccountName !== account.metadata.name) {
      throw badRequest(
        `cannot bind token for serviceaccount ${JSON.stringify(account.metadata.name)} to pod running with different serviceaccount name.`,
      );
    }
    const node = client.view('Node').get({ name: spec.nodeName ?? '' });
    return {
      pod: reference,
      ...(node === undefined ? {} : { node: { name: node.metadata.name, uid: node.metadata.uid } }),
    };
  }
}
