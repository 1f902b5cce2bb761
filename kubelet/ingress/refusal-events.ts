import type { EventReport } from '../../shared/wire/node-channel';
import type { LeftOut } from './checked-plan';
import type { ProxyPlan } from './render-nginx';

/** Says as an Event of each Ingress why the proxy leaves it out, once for each reason. */
export class RefusalEvents {
  private told: ReadonlyMap<string, string> = new Map();

  constructor(private readonly report: (event: EventReport) => void) {}

  /** What is left out of the plan now; what was told before and is not any more may be told again. */
  tell({ owners, secrets }: LeftOut, { sites }: ProxyPlan): void {
    const ofSecrets = sites.flatMap(({ owner, secret = '' }): readonly (readonly [string, string])[] => {
      const why = secrets.get(secret);
      return why === undefined ? [] : [[owner, `Secret ${secret}: ${why}`]];
    });
    const fresh = new Map([...ofSecrets, ...owners].filter(([owner]) => isIngress(owner)));
    for (const [owner, why] of fresh) {
      if (this.told.get(owner) === why) continue;
      const [namespace = '', name = ''] = owner.split('/');
      this.report({ ingress: { namespace, name }, type: 'Warning', reason: 'Rejected', message: `left out: ${why}` });
    }
    this.told = fresh;
  }
}

/** Plain ports are owners too, as `TCP/9000`; no namespace is written so. */
const isIngress = (owner: string): boolean => !/^[A-Z]/.test(owner);
