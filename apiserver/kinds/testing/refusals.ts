import type { ApiObject } from '../../../shared/api/objects';
import { StatusError } from '../../../shared/status-error';
import type { TestRegistry } from '../../registry/testing/test-registry';
import { startRegistry } from '../../registry/testing/test-registry';

const user = { name: 'me', groups: [] };

/** What a registry of its own says against objects and changes, and what it remarks. */
export class Judge {
  /** So many objects have been made to be changed. */
  private standing = 0;

  private constructor(private readonly cluster: TestRegistry) {}

  static async start(): Promise<Judge> {
    return new Judge(await startRegistry({ podSecurityDefault: 'privileged' }));
  }

  stop(): Promise<void> {
    return this.cluster.registry.close();
  }

  /** Every cause, as `field: message`. */
  async ofNew(kindName: string, body: object): Promise<readonly string[]> {
    const { kind, namespace, object } = this.named(kindName, body);
    return causes(this.cluster.registry.create(kind, namespace, object, { user, dryRun: true }));
  }

  /** The same of a merge patch to an object of `before`, whose status is `status`. */
  async ofChange(kindName: string, before: object, change: object, status?: object): Promise<readonly string[]> {
    return this.change(kindName, before, status, async (kind, key) =>
      causes(
        this.cluster.registry.patch(kind, key, { type: 'merge', body: change as ApiObject }, { user, dryRun: true }),
      ),
    );
  }

  async warningsOfNew(kindName: string, body: object): Promise<readonly string[]> {
    const { kind, namespace, object } = this.named(kindName, body);
    const { warnings } = await this.cluster.registry.create(kind, namespace, object, { user, dryRun: true });
    return warnings;
  }

  async warningsOfChange(kindName: string, before: object, change: object): Promise<readonly string[]> {
    return this.change(kindName, before, undefined, async (kind, key) => {
      const patch = { type: 'merge', body: change as ApiObject } as const;
      return (await this.cluster.registry.patch(kind, key, patch, { user, dryRun: true })).warnings;
    });
  }

  /** The object as it would be stored. */
  async filled(kindName: string, body: object): Promise<ApiObject> {
    const { kind, namespace, object } = this.named(kindName, body);
    return (await this.cluster.registry.create(kind, namespace, object, { user, dryRun: true })).object;
  }

  private named(kindName: string, body: object) {
    const kind = this.cluster.registry.kinds.require(kindName);
    const object: ApiObject = structuredClone({ metadata: { name: 'it' }, ...body });
    return { kind, namespace: kind.namespaced ? 'default' : undefined, object };
  }

  private async change<T>(
    kindName: string,
    before: object,
    status: object | undefined,
    look: (
      kind: ReturnType<Judge['named']>['kind'],
      key: { namespace: string | undefined; name: string },
    ) => Promise<T>,
  ): Promise<T> {
    const { registry } = this.cluster;
    const { kind, namespace, object } = this.named(kindName, before);
    const key = { namespace, name: `it-${(this.standing += 1)}` };
    object.metadata = { ...object.metadata, name: key.name };
    await registry.create(kind, namespace, object, { user });
    const body: ApiObject = { status };
    if (status !== undefined) await registry.patch(kind, key, { type: 'merge', body }, { user, subresource: 'status' });
    return look(kind, key);
  }
}

/** What a write is refused for, each with its field; none where it is not. */
export async function causes(attempt: Promise<unknown>): Promise<readonly string[]> {
  const error: unknown = await attempt.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error === undefined) return [];
  if (!(error instanceof StatusError)) throw error;
  return error.details?.causes?.map(({ field, message }) => `${field ?? ''}: ${message ?? ''}`) ?? [error.message];
}
