import type { KeyObject } from 'node:crypto';
import { createPublicKey } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import https from 'node:https';
import { text } from 'node:stream/consumers';
import type { Clock } from '../../../shared/clock';
import type { Logger } from '../../../shared/logger';

/** Keys that nobody asked for a while may have been taken back. */
const MAX_AGE_MS = 60 * 60 * 1_000;
/** Whoever sends tokens with made-up keys must not make us ask the issuer for each. */
const MIN_PAUSE_MS = 10_000;
const TIMEOUT_MS = 10_000;
const MAX_ANSWER_BYTES = 1024 * 1024;

export interface IssuerKeysOptions {
  /** `https://…`, as tokens name it. */
  readonly issuer: string;
  /** In PEM; absent: the authorities that Node.js knows. */
  readonly ca?: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The keys that an OpenID Connect issuer signs with, as it publishes them (OpenID Connect Discovery 1.0). */
export class IssuerKeys {
  private keys: ReadonlyMap<string, KeyObject> = new Map();
  private askedMs = -Infinity;
  private loading: Promise<void> | undefined;

  constructor(private readonly options: IssuerKeysOptions) {}

  /** Undefined: not known now. */
  get(keyId: string): KeyObject | undefined {
    if (this.options.clock.monotonic() - this.askedMs > MAX_AGE_MS) void this.refresh();
    return this.keys.get(keyId);
  }

  /** Asks the issuer anew; undefined where that was done a moment ago. Resolves also when the issuer does not answer. */
  refresh(): Promise<void> | undefined {
    if (this.loading !== undefined) return this.loading;
    const nowMs = this.options.clock.monotonic();
    if (nowMs - this.askedMs < MIN_PAUSE_MS) return undefined;
    this.askedMs = nowMs;
    this.loading = this.load().finally(() => (this.loading = undefined));
    return this.loading;
  }

  private async load(): Promise<void> {
    const { issuer, logger } = this.options;
    try {
      const configuration = await this.read(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`);
      if (configuration['issuer'] !== issuer) {
        throw new Error(`the issuer calls itself ${JSON.stringify(configuration['issuer'])}`);
      }
      const { keys } = await this.read(String(configuration['jwks_uri']));
      this.keys = new Map((Array.isArray(keys) ? keys : []).flatMap(readKey));
      logger.info({ issuer, keys: this.keys.size }, 'read the keys of an OpenID Connect issuer');
    } catch (error) {
      logger.warn({ issuer, err: error }, 'the keys of an OpenID Connect issuer could not be read');
    }
  }

  private async read(url: string): Promise<Readonly<Record<string, unknown>>> {
    const { ca } = this.options;
    if (!url.startsWith('https://')) throw new Error(`${url}: must be an https URL`);
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      const request = https.get(url, { timeout: TIMEOUT_MS, ...(ca === undefined ? {} : { ca }) }, resolve);
      request.once('error', reject);
      request.once('timeout', () => request.destroy(new Error(`${url}: no answer in ${TIMEOUT_MS / 1_000} s`)));
    });
    if (answer.statusCode !== 200) {
      answer.destroy();
      throw new Error(`${url}: answered ${String(answer.statusCode)}`);
    }
    let size = 0;
    answer.on('data', (part: Buffer) => {
      size += part.length;
      if (size > MAX_ANSWER_BYTES) answer.destroy(new Error(`${url}: the answer is too long`));
    });
    const parsed: unknown = JSON.parse(await text(answer));
    return typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown>) : {};
  }
}

/** Keys of kinds that are not known here are left out: others may be good. */
function readKey(key: unknown): readonly [string, KeyObject][] {
  const { kid, use } = (key ?? {}) as Readonly<Record<string, unknown>>;
  if (typeof kid !== 'string' || (use !== undefined && use !== 'sig')) return [];
  try {
    return [[kid, createPublicKey({ key: key as Record<string, string>, format: 'jwk' })]];
  } catch {
    return [];
  }
}
