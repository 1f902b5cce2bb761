import type { ClusterRole } from '../../shared/api/objects';
import { isSameJson } from '../../shared/same-json';
import { aggregatedRules } from '../auth/rbac/aggregation';
import type { Client, ObjectKey } from '../registry/client';
import { keyOf } from '../registry/client';
import type { Controller, Result } from './controller';
import { done, watching } from './controller';

const isGathering = ({ aggregationRule }: ClusterRole): boolean => aggregationRule !== undefined;

/** Keeps the rules of ClusterRoles that gather others the same as those others'. */
export class ClusterRoleAggregationController implements Controller {
  readonly name = 'cluster-role-aggregation';
  readonly watches = [
    watching('ClusterRole', () => this.client.view('ClusterRole').list({ where: isGathering }).map(keyOf)),
  ];

  constructor(private readonly client: Client) {}

  async reconcile(key: ObjectKey): Promise<Result> {
    const role = this.client.view('ClusterRole').get(key);
    if (role === undefined || !isGathering(role) || role.metadata.deletionTimestamp !== undefined) return done;
    const rules = aggregatedRules(role, this.client.view('ClusterRole').list());
    if (!isSameJson(rules, role.rules ?? [])) await this.client.update('ClusterRole', { ...role, rules });
    return done;
  }
}
