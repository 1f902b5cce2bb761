import type {
  CustomResourceDefinitionCondition,
  CustomResourceDefinitionNames,
} from 'kubernetes-types/apiextensions/v1';
import type { CustomResourceDefinition, KindName } from '../../shared/api/objects';
import type { Clock } from '../../shared/clock';
import { toTimestamp } from '../../shared/clock';
import { isSameJson } from '../../shared/same-json';
import { ignoreConflict, ignoreNotFound } from '../../shared/status-error';
import type { Approval } from '../custom-resources/definition-problems';
import { approvalOf } from '../custom-resources/definition-problems';
import { CLEANUP_FINALIZER } from '../kinds/custom-resource-definition';
import type { Client, ObjectKey } from '../registry/client';
import { keyOf } from '../registry/client';
import type { Controller, Result } from './controller';
import { anyChange, done, watching } from './controller';

type Definition = CustomResourceDefinition;
interface Condition {
  readonly type: string;
  readonly status: 'True' | 'False';
  readonly reason: string;
  readonly message: string;
}
type NameConflict = Pick<Condition, 'reason' | 'message'>;

const APPROVALS: Readonly<Record<Approval['is'], Pick<Condition, 'status' | 'reason'>>> = {
  approved: { status: 'True', reason: 'ApprovedAnnotation' },
  bypassed: { status: 'False', reason: 'UnapprovedAnnotation' },
  missing: { status: 'False', reason: 'MissingAnnotation' },
  invalid: { status: 'False', reason: 'InvalidAnnotation' },
};

/** Whether a definition in one of Kubernetes' own groups was agreed to; undefined for other groups. */
function approvalCondition({ spec, metadata }: Definition): Condition | undefined {
  const approval = approvalOf(spec.group, metadata);
  if (approval === undefined) return undefined;
  return { type: 'KubernetesAPIApprovalPolicyConformant', ...APPROVALS[approval.is], message: approval.message };
}

/** Accepts the names of a definition, which establishes it, and removes its objects when it is deleted. */
export class CustomResourceDefinitionController implements Controller {
  readonly name = 'custom-resource-definition';
  readonly watches;

  constructor(
    private readonly client: Client,
    private readonly clock: Clock,
  ) {
    this.watches = [
      // Names that one lets go are free for others.
      watching('CustomResourceDefinition', ({ type, object }) =>
        type === 'DELETED' ? this.sameGroup(object).map(keyOf) : [keyOf(object)],
      ),
      // The end of an object is what its deleted definition waits for.
      anyChange(({ type, object: { apiVersion } }) =>
        type === 'DELETED' && apiVersion.includes('.') ? this.terminating(apiVersion.split('/')[0] ?? '') : [],
      ),
    ];
  }

  async reconcile(key: ObjectKey): Promise<Result> {
    const definition = this.client.view('CustomResourceDefinition').get(key);
    if (definition === undefined) return done;
    if (definition.metadata.deletionTimestamp !== undefined) await this.finish(definition);
    else await this.establish(definition);
    return done;
  }

  private async establish(definition: Definition): Promise<void> {
    const { names, versions } = definition.spec;
    const problem = this.nameConflict(definition);
    const established = (definition.status?.conditions ?? []).find(({ type }) => type === 'Established');
    const storage = versions.find((version) => version.storage)?.name ?? '';
    const approval = approvalCondition(definition);
    await this.writeStatus(definition, (current) => ({
      ...current,
      ...(problem === undefined ? { acceptedNames: names } : {}),
      storedVersions: [...new Set([...(current.storedVersions ?? []), storage])],
      conditions: this.withConditions(current.conditions ?? [], [
        problem === undefined
          ? { type: 'NamesAccepted', status: 'True', reason: 'NoConflicts', message: 'no conflicts found' }
          : { type: 'NamesAccepted', status: 'False', reason: problem.reason, message: problem.message },
        // What was established stays so: its objects are there.
        problem === undefined || established?.status === 'True'
          ? {
              type: 'Established',
              status: 'True',
              reason: 'InitialNamesAccepted',
              message: 'the initial names have been accepted',
            }
          : { type: 'Established', status: 'False', reason: 'NotAccepted', message: 'not all names are accepted' },
        ...(approval === undefined ? [] : [approval]),
      ]),
    }));
  }

  private async finish(definition: Definition): Promise<void> {
    if (!(definition.metadata.finalizers ?? []).includes(CLEANUP_FINALIZER)) return;
    const kind = this.kindOf(definition);
    const left = kind === undefined ? [] : this.client.view(kind).list();
    await this.writeStatus(definition, (current) => ({
      ...current,
      conditions: this.withConditions(current.conditions ?? [], [
        {
          type: 'Terminating',
          status: 'True',
          reason: 'InstanceDeletionInProgress',
          message: 'CustomResource deletion is in progress',
        },
      ]),
    }));
    if (kind !== undefined) {
      const standing = left.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
      await Promise.all(
        standing.map((object) =>
          this.client
            .delete(kind, keyOf(object), { preconditions: { uid: object.metadata.uid } })
            .catch(ignoreNotFound)
            .catch(ignoreConflict),
        ),
      );
      if (this.client.view(kind).list().length > 0) return;
    }
    await this.client
      .modify('CustomResourceDefinition', keyOf(definition), (current) => ({
        ...current,
        metadata: {
          ...current.metadata,
          finalizers: (current.metadata.finalizers ?? []).filter((each) => each !== CLEANUP_FINALIZER),
        },
      }))
      .catch(ignoreNotFound);
  }

  /** Undefined where its names were never accepted: what is served under them belongs to another. */
  private kindOf({ spec, status }: Definition): KindName | undefined {
    const isServed = status?.acceptedNames?.plural === spec.names.plural;
    return isServed ? this.client.kinds.nameOf(`${spec.group}/v1`, spec.names.kind) : undefined;
  }

  private sameGroup({ spec, metadata }: Definition): readonly Definition[] {
    return this.client
      .view('CustomResourceDefinition')
      .list({ where: (other) => other.spec.group === spec.group && other.metadata.name !== metadata.name });
  }

  private terminating(group: string): readonly ObjectKey[] {
    return this.client
      .view('CustomResourceDefinition')
      .list({ where: ({ spec, metadata }) => spec.group === group && metadata.deletionTimestamp !== undefined })
      .map(keyOf);
  }

  private nameConflict(definition: Definition): NameConflict | undefined {
    const taken = this.sameGroup(definition).map(({ status }) => status?.acceptedNames);
    const has = (
      of: (names: CustomResourceDefinitionNames) => readonly (string | undefined)[],
      name: string | undefined,
    ) => name !== undefined && taken.some((names) => names !== undefined && of(names).includes(name));
    const { plural, singular, shortNames = [], kind, listKind } = definition.spec.names;
    const resources = (names: CustomResourceDefinitionNames): readonly (string | undefined)[] => [
      names.plural,
      names.singular,
      ...(names.shortNames ?? []),
    ];
    const kinds = (names: CustomResourceDefinitionNames): readonly (string | undefined)[] => [
      names.kind,
      names.listKind,
    ];
    const conflict = (reason: string, name: string): NameConflict => ({
      reason,
      message: `${JSON.stringify(name)} is already in use`,
    });
    if (has(resources, plural)) return conflict('PluralConflict', plural);
    if (has(resources, singular)) return conflict('SingularConflict', singular ?? '');
    const short = shortNames.find((name) => has(resources, name));
    if (short !== undefined) return conflict('ShortNamesConflict', short);
    if (has(kinds, kind)) return conflict('KindConflict', kind);
    return has(kinds, listKind) ? conflict('ListKindConflict', listKind ?? '') : undefined;
  }

  private withConditions(
    conditions: readonly CustomResourceDefinitionCondition[],
    found: readonly Condition[],
  ): CustomResourceDefinitionCondition[] {
    const next = new Map(conditions.map((condition) => [condition.type, condition]));
    for (const condition of found) {
      const before = next.get(condition.type);
      const since = before?.status === condition.status ? before.lastTransitionTime : undefined;
      next.set(condition.type, { ...condition, lastTransitionTime: since ?? toTimestamp(this.clock.now()) });
    }
    return [...next.values()];
  }

  private async writeStatus(
    definition: Definition,
    change: (status: NonNullable<Definition['status']>) => NonNullable<Definition['status']>,
  ): Promise<void> {
    const none = { acceptedNames: { plural: '', kind: '' }, conditions: [], storedVersions: [] };
    await this.client
      .modify(
        'CustomResourceDefinition',
        keyOf(definition),
        (current) => {
          const status = change(current.status ?? none);
          return isSameJson(status, current.status) ? undefined : { ...current, status };
        },
        { subresource: 'status', uid: definition.metadata.uid },
      )
      .catch(ignoreNotFound);
  }
}
