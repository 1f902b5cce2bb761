import type { KindName, Namespace } from '../../shared/api/objects';
import { ignoreConflict, ignoreNotFound } from '../../shared/status-error';
import type { Client, ObjectKey } from '../registry/client';
import { keyOf } from '../registry/client';
import type { Controller, Result } from './controller';
import { done, watching } from './controller';

const FINALIZER = 'kubernetes';
const LOOK_AGAIN_MS = 500;

/** Empties a namespace that is being deleted, and lets it go when nothing is left in it. */
export class NamespaceController implements Controller {
  readonly name = 'namespace';
  readonly watches = [watching('Namespace', ({ object }) => [keyOf(object)])];

  constructor(
    private readonly client: Client,
    /** The namespaced kinds whose objects must go. */
    private readonly kinds: readonly KindName[],
  ) {}

  async reconcile(key: ObjectKey): Promise<Result> {
    const namespace = this.client.view('Namespace').get(key);
    if (namespace?.metadata.deletionTimestamp === undefined) return done;

    const left = await this.deleteContents(namespace.metadata.name);
    // Pods take their grace period: they are gone when their node says so.
    if (left > 0) return { requeueAfterMs: LOOK_AGAIN_MS };

    await this.client.modify('Namespace', key, releaseFinalizer, { uid: namespace.metadata.uid }).catch(ignoreNotFound);
    return done;
  }

  /** Deletes what is not being deleted yet. Returns how many objects are still there. */
  private async deleteContents(namespace: string): Promise<number> {
    let left = 0;
    for (const kind of this.kinds) {
      const objects = this.client.view(kind).list({ namespace });
      const standing = objects.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
      await Promise.all(
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
      left += this.client.view(kind).list({ namespace }).length;
    }
    return left;
  }
}

function releaseFinalizer(namespace: Namespace): Namespace | undefined {
  const finalizers = namespace.spec?.finalizers ?? [];
  if (!finalizers.includes(FINALIZER)) return undefined;
  return { ...namespace, spec: { ...namespace.spec, finalizers: finalizers.filter((each) => each !== FINALIZER) } };
}
