import type { PolicyRule, Subject } from 'kubernetes-types/rbac/v1';
import { isAlreadyExists, isNotFound } from '../../../shared/status-error';
import type { ApiObject, StoredObject } from '../../api-object';
import { pathOf } from '../../client/resources';
import { deleteObject } from '../../delete-object';
import type { Named } from '../../found';
import { forEach, inNamespace, placeOfManifest, readNamed } from '../../found';
import { givenManifests } from '../../given-manifests';
import { ChangeReport } from '../../output/change-report';
import type { Reconciled } from '../../access/reconciled-access';
import { reconciledBinding, reconciledRole, ruleText, subjectText } from '../../access/reconciled-access';
import { createObject, replaceObject } from '../../write-object';
import type { Command, Context, Flags } from '../command';
import { isSet } from '../command';
import { dryRunOf, reading, writing } from '../flag-groups';

export const reconcile: Command = {
  name: 'reconcile',
  usage: 'reconcile',
  describe: 'see that roles and bindings allow what manifests say, and missing namespaces are there',
  build: (yargs) =>
    reading(writing(yargs, 'kubectl-auth'))
      .option('remove-extra-permissions', { type: 'boolean', describe: 'take from roles what manifests do not say' })
      .option('remove-extra-subjects', { type: 'boolean', describe: 'take from bindings whom manifests do not name' }),
  run,
};

const ROLES = ['Role', 'ClusterRole'];
const BINDINGS = ['RoleBinding', 'ClusterRoleBinding'];
const GROUP = 'rbac.authorization.k8s.io';

async function run(context: Context, flags: Flags): Promise<number | void> {
  const report = new ChangeReport(context, flags);
  const manifests = await givenManifests(context, flags);
  return forEach(context, manifests, async (manifest) => {
    const { resource, namespace } = await placeOfManifest(context, manifest);
    const { kind } = manifest.object;
    const isRole = ROLES.includes(kind);
    if (resource.group !== GROUP || (!isRole && !BINDINGS.includes(kind))) return;
    const named = { resource, namespace, name: manifest.object.metadata?.name ?? '', manifest };
    const live = await readNamed(context, named).catch(undefinedIfNone);
    const expected = inNamespace(manifest.object, namespace);
    const removeExtra = isSet(flags, isRole ? 'remove-extra-permissions' : 'remove-extra-subjects');
    const found = (isRole ? reconciledRole : reconciledBinding)(expected, live, removeExtra);
    const stored = await carryOut(context, flags, named, found, live);
    report.tell(resource, stored, 'reconciled');
    tell(context, found, isRole, removeExtra);
  });
}

function undefinedIfNone(error: unknown): undefined {
  if (!isNotFound(error)) throw error;
}

/** Returns the object as it stands then. */
async function carryOut(
  context: Context,
  flags: Flags,
  named: Named,
  { object, operation, isProtected }: Reconciled,
  live: StoredObject | undefined,
): Promise<ApiObject> {
  if (operation === 'none' || isProtected || dryRunOf(flags) === 'client') return object;
  const report = { tell: () => undefined };
  const create = (): Promise<ApiObject> =>
    createObject(context, flags, { resource: named.resource, object, namespace: named.namespace, report });
  if (operation === 'update') return replaceObject(context, flags, named, object);
  if (operation === 'create') {
    if (named.namespace !== undefined) await ensureNamespace(context, flags, named.namespace);
    return create();
  }
  const dryRun = dryRunOf(flags) !== 'none';
  await deleteObject(context, named, { cascade: 'background', gracePeriodSeconds: undefined, dryRun });
  return dryRun ? (live ?? object) : create();
}

/** Its absence is none of the roles' business: it is made as far as that is allowed. */
async function ensureNamespace(context: Context, flags: Flags, name: string): Promise<void> {
  const namespaces = (await context.resources()).find('namespaces');
  const there = await readNamed(context, { resource: namespaces, namespace: undefined, name }).catch(undefinedIfNone);
  if (there !== undefined) return;
  await context
    .client()
    .json({
      method: 'POST',
      path: pathOf(namespaces, undefined),
      query: { dryRun: dryRunOf(flags) === 'server' ? 'All' : undefined },
      body: { apiVersion: 'v1', kind: 'Namespace', metadata: { name } },
    })
    .catch((error: unknown) => {
      if (!isAlreadyExists(error)) throw error;
    });
}

function tell(
  context: Context,
  { operation, missing, extra, isProtected }: Reconciled,
  isRole: boolean,
  removed: boolean,
) {
  if (operation === 'none') return;
  const caveat = isProtected ? ', but object opted out (rbac.authorization.kubernetes.io/autoupdate: false)' : '';
  context.note(`\treconciliation required ${operation}${caveat}\n`);
  const what = isRole ? 'rules' : 'subjects';
  const listed = (title: string, of: readonly object[]): void => {
    if (of.length === 0) return;
    const lines = of.map((each) => (isRole ? ruleText(each as PolicyRule) : subjectText(each as Subject)));
    context.note(`\t${title}:\n${lines.map((line) => `\t\t${line}\n`).join('')}`);
  };
  listed(`missing ${what} added`, missing);
  if (removed) listed(`extra ${what} removed`, extra);
}
