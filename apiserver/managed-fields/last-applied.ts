import type { ApiObject } from '../../shared/api/objects';
import { compare, fieldSetOf } from './compare';
import { FieldSet } from './field-set';
import type { Shape } from './shape';
import { isFields } from './shape';

/** Who keeps what was applied last in an annotation of the object, and may go on from there by server-side apply. */
const KEEPER = 'kubectl';
export const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

interface Context {
  readonly manager: string;
  readonly apiVersion: string;
  readonly shape: Shape;
}

/** The fields that `manager` set by client-side apply and that are as it left them: applying them conflicts with nobody. */
export function fieldsKeptOf(live: ApiObject, { manager, apiVersion, shape }: Context): FieldSet {
  const applied = manager === KEEPER ? parsed(live.metadata?.annotations?.[LAST_APPLIED]) : undefined;
  if (applied?.['apiVersion'] !== apiVersion) return FieldSet.empty;
  const { added, modified, removed } = compare(applied, live, shape);
  return fieldSetOf(applied, shape).difference(added).difference(modified).difference(removed);
}

/** Brings the annotation of the object up to what is applied now, where there is one. */
export function keepLastApplied(object: ApiObject, configuration: ApiObject, manager: string): void {
  const annotations = object.metadata?.annotations ?? {};
  if (manager !== KEEPER || (annotations[LAST_APPLIED] ?? '') === '') return;
  const { annotations: { [LAST_APPLIED]: _, ...others } = {}, ...metadata } = configuration.metadata ?? {};
  const kept = { ...metadata, ...(Object.keys(others).length === 0 ? {} : { annotations: others }) };
  object.metadata = {
    ...object.metadata,
    annotations: { ...annotations, [LAST_APPLIED]: `${JSON.stringify({ ...configuration, metadata: kept })}\n` },
  };
}

function parsed(text: string | undefined): Readonly<Record<string, unknown>> | undefined {
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return isFields(value) ? value : undefined;
  } catch {
    // Whatever somebody wrote there: it says nothing about who owns what.
    return undefined;
  }
}
