import type { Clock } from '../../../shared/clock';
import { isSameJson } from '../../../shared/same-json';
import { ignoreNotFound } from '../../../shared/status-error';
import type { QuotaLedger } from '../../admission/quota/ledger';
import type { Client, ObjectKey } from '../../registry/client';
import { keyOf, keyString } from '../../registry/client';
import type { Controller, Result } from '../controller';
import { anyChange, done, watching } from '../controller';

/** How often everything is counted anew (Kubernetes' --resource-quota-sync-period). */
const RECOUNT_MS = 5 * 60_000;

/** Keeps the status of quotas telling what is taken of them. */
export class ResourceQuotaController implements Controller {
  readonly name = 'resource-quota';
  readonly watches = [
    watching('ResourceQuota', ({ object }) => [keyOf(object)]),
    anyChange(({ object }) => this.ledger.accountsOf(object.metadata.namespace).map(({ quota }) => keyOf(quota))),
  ];
  private readonly countedMs = new Map<string, number>();

  constructor(
    private readonly client: Client,
    private readonly clock: Clock,
    private readonly ledger: QuotaLedger,
  ) {}

  async reconcile(key: ObjectKey): Promise<Result> {
    const id = keyString(key);
    const quota = this.client.view('ResourceQuota').get(key);
    if (quota === undefined) {
      this.countedMs.delete(id);
      return done;
    }
    const nowMs = this.clock.now();
    const countedMs = this.countedMs.get(id) ?? nowMs;
    const isDue = nowMs - countedMs >= RECOUNT_MS;
    if (isDue) this.ledger.recount(key);
    this.countedMs.set(id, isDue ? nowMs : countedMs);

    const hard = quota.spec?.hard ?? {};
    const used = this.ledger.find(key)?.usedTexts() ?? {};
    if (!isSameJson(quota.status?.hard ?? {}, hard) || !isSameJson(quota.status?.used ?? {}, used)) {
      const { uid } = quota.metadata;
      const change = { subresource: 'status', uid } as const;
      await this.client
        .modify('ResourceQuota', key, (current) => ({ ...current, status: { hard, used } }), change)
        .catch(ignoreNotFound);
    }
    return { requeueAfterMs: (isDue ? nowMs : countedMs) + RECOUNT_MS - nowMs };
  }
}
