import type { KindName, Namespace } from '../../shared/api/objects';
import type { Clock } from '../../shared/clock';
import { messageOf } from '../../shared/message-of';
import { ignoreConflict, ignoreNotFound } from '../../shared/status-error';
import type { Client, ObjectKey } from '../registry/client';
import { keyOf } from '../registry/client';
import type { Controller, Result } from './controller';
import { anyChange, done, watching } from './controller';
import type { Remains } from './namespace-conditions';
import { withConditions } from './namespace-conditions';

const FINALIZER = 'kubernetes';

/** Empties a namespace that is being deleted, and lets it go when nothing is left in it. */
export class NamespaceController implements Controller {
  readonly name = 'namespace';
  readonly watches;

  constructor(
    private readonly client: Client,
    private readonly clock: Clock,
    /** Goes first, so that workloads do not make anew what is deleted behind them. */
    private readonly first: readonly KindName[],
  ) {
    this.watches = [
      watching('Namespace', ({ object }) => [keyOf(object)]),
      // Pods take their grace period, others their finalizers: each one's end brings the namespace closer to its own.
      anyChange(({ object }) => this.terminating(object.metadata.namespace)),
    ];
  }

  async reconcile(key: ObjectKey): Promise<Result> {
    const namespace = this.client.view('Namespace').get(key);
    if (namespace?.metadata.deletionTimestamp === undefined) return done;
    const { uid } = namespace.metadata;

    const failures = await this.deleteContents(key.name);
    const remains = this.remains(key.name);
    await this.client
      .modify(
        'Namespace',
        key,
        (current) => withConditions(current, { remains, failures: failures.map(messageOf) }, this.clock.now()),
        {
          subresource: 'status',
          uid,
        },
      )
      .catch(ignoreNotFound);
    const [failure] = failures;
    if (failure !== undefined) throw failure;
    if (remains.length > 0) return done;

    await this.client
      .modify('Namespace', key, releaseFinalizer, { subresource: 'finalize', uid })
      .catch(ignoreNotFound);
    return done;
  }

  /** Every namespaced kind that is served now. */
  private kinds(): readonly KindName[] {
    const names = this.client.kinds.names({ namespaced: true });
    return [...this.first, ...names.filter((name) => !this.first.includes(name))];
  }

  private terminating(name: string | undefined): readonly ObjectKey[] {
    const namespace = this.client.view('Namespace').get({ name: name ?? '' });
    return namespace?.metadata.deletionTimestamp === undefined ? [] : [keyOf(namespace)];
  }

  /** Deletes what is not being deleted yet. Returns why some kinds could not be emptied: the others are. */
  private async deleteContents(namespace: string): Promise<readonly Error[]> {
    const failures: Error[] = [];
    for (const kind of this.kinds()) {
      const standing = this.client
        .view(kind)
        .list({ namespace, where: ({ metadata }) => metadata.deletionTimestamp === undefined });
      const outcomes = await Promise.allSettled(
        standing.map((object) =>
          this.client
            .delete(kind, keyOf(object), {
              propagationPolicy: 'Background',
              preconditions: { uid: object.metadata.uid },
            })
            .catch(ignoreNotFound)
            .catch(ignoreConflict),
        ),
      );
      const failed = outcomes.find(({ status }) => status === 'rejected');
      if (failed?.status === 'rejected') failures.push(failed.reason as Error);
    }
    return failures;
  }

  private remains(namespace: string): readonly Remains[] {
    return this.kinds().flatMap((kind) => {
      const objects = this.client.view(kind).list({ namespace });
      return objects.length === 0 ? [] : [{ resource: this.client.kinds.resourceOf(kind), objects }];
    });
  }
}

function releaseFinalizer(namespace: Namespace): Namespace | undefined {
  const finalizers = namespace.spec?.finalizers ?? [];
  if (!finalizers.includes(FINALIZER)) return undefined;
  return { ...namespace, spec: { ...namespace.spec, finalizers: finalizers.filter((each) => each !== FINALIZER) } };
}
