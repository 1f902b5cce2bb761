import type { ApiObject, ControllerRevision } from '../../../shared/api/objects';
import { isSameJson } from '../../../shared/same-json';
import { ignoreNotFound } from '../../../shared/status-error';
import type { PodTemplate } from '../../kinds/pod-template/pod-template';
import type { Client } from '../../registry/client';
import { keyOf } from '../../registry/client';
import { templateHash } from '../deployment/template-hash';
import type { Owner } from './ownership';
import { controllerOf, controllerRef } from './ownership';

/** On pods: which revision of their workload made them. */
export const REVISION_HASH = 'controller-revision-hash';

/** The templates a workload had, as ControllerRevisions: what `kubectl rollout history` and `undo` read. */
export class RevisionHistory {
  constructor(private readonly client: Client) {}

  /** The revision of the present template, the highest number; its label is what its pods bear. Made where it is missing. */
  async current(owner: Owner, template: PodTemplate): Promise<string> {
    const data = { spec: { template: { ...structuredClone(template), $patch: 'replace' } } };
    const all = this.of(owner);
    const highest = all.reduce((most, { revision }) => Math.max(most, revision), 0);
    const known = all.find((each) => isSameJson(each.data, data));
    if (known !== undefined) {
      if (known.revision < highest) {
        await this.client.modify('ControllerRevision', keyOf(known), (it) => ({ ...it, revision: highest + 1 }));
      }
      return hashOf(known);
    }
    const hash = templateHash(template, 0);
    const revision: ApiObject = {
      metadata: {
        namespace: owner.metadata.namespace,
        name: `${owner.metadata.name}-${hash}`,
        labels: { ...template.metadata?.labels, [REVISION_HASH]: hash },
        ownerReferences: [controllerRef(owner)],
      },
      data,
      revision: highest + 1,
    };
    await this.client.create('ControllerRevision', revision);
    return hash;
  }

  /** Forgets the oldest beyond `limit`, but none that `live` names. */
  async trim(owner: Owner, live: ReadonlySet<string>, limit: number): Promise<void> {
    const idle = this.of(owner)
      .filter((each) => !live.has(hashOf(each)))
      .sort((a, b) => a.revision - b.revision);
    for (const each of idle.slice(0, Math.max(0, idle.length - limit))) {
      await this.client.delete('ControllerRevision', keyOf(each)).catch(ignoreNotFound);
    }
  }

  private of({ metadata: { namespace, uid } }: Owner): readonly ControllerRevision[] {
    return this.client
      .view('ControllerRevision')
      .list({ namespace, ownedBy: uid })
      .filter((each) => controllerOf(each)?.uid === uid);
  }
}

const hashOf = ({ metadata }: ControllerRevision): string => metadata.labels?.[REVISION_HASH] ?? '';
