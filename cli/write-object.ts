import type { ApiObject, StoredObject } from './api-object';
import type { Resource } from './client/resources';
import { pathOf } from './client/resources';
import type { Context, Flags } from './commands/command';
import { dryRunOf, writeQuery } from './commands/flag-groups';
import type { ChangeReport } from './output/change-report';
import { tellWarnings } from './output/change-report';
import { withLastApplied } from './three-way-patch';

/** Creates an object, or with --dry-run=client only says so, and reports it. Throws StatusError. */
export async function createObject(
  context: Context,
  flags: Flags,
  {
    resource,
    object: given,
    namespace,
    report,
    remember = false,
  }: {
    readonly resource: Resource;
    readonly object: ApiObject;
    /** Where, if it does not say so itself. */
    readonly namespace?: string | undefined;
    readonly report: ChangeReport;
    /** Whether to keep the manifest for a later apply. */
    readonly remember?: boolean;
  },
): Promise<ApiObject> {
  const object = remember ? withLastApplied(given) : given;
  if (dryRunOf(flags) === 'client') {
    report.tell(resource, object, 'created');
    return object;
  }
  const { value, warnings } = await context.client().json<StoredObject>({
    method: 'POST',
    path: pathOf(
      resource,
      resource.namespaced ? (object.metadata?.namespace ?? namespace ?? context.namespace) : undefined,
    ),
    query: writeQuery(flags),
    body: object,
  });
  tellWarnings(context, warnings);
  report.tell(resource, value, 'created');
  return value;
}
