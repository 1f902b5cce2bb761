import { matchesLabels, parseLabelSelector } from '../../../shared/selectors/label-selector';
import { UsageError } from '../../client/resources';
import { editText } from '../../edit/edit-text';
import { forEach, inNamespace, placeOfManifest } from '../../found';
import { givenManifests, namesManifests } from '../../given-manifests';
import type { Manifest } from '../../manifests';
import { parseManifests } from '../../manifests';
import { ChangeReport } from '../../output/change-report';
import { toYaml } from '../../output/yaml';
import { createObject } from '../../write-object';
import type { Command, Context, Flags } from '../command';
import { isSet, text } from '../command';
import { reading, validating, writing } from '../flag-groups';
import { configMap } from './configmap';
import { cronJob } from './cronjob';
import { deployment } from './deployment';
import { ingress } from './ingress';
import { job } from './job';
import { podDisruptionBudget } from './poddisruptionbudget';
import { clusterRole, role } from './role';
import { clusterRoleBinding, roleBinding } from './rolebinding';
import { secret } from './secret';
import { service } from './service';
import { namespace, priorityClass, quota, serviceAccount } from './simple';
import { token } from './token';

export const create: Command = {
  name: 'create',
  usage: 'create',
  describe: 'create objects by manifest, or one by its type and name',
  build: (yargs) =>
    reading(validating(writing(yargs, 'kubectl-create')))
      .option('edit', { type: 'boolean', describe: 'edit the manifest first' })
      .option('selector', { alias: 'l', type: 'string', describe: 'only manifests with these labels' }),
  subcommands: [
    clusterRole,
    clusterRoleBinding,
    configMap,
    cronJob,
    deployment,
    ingress,
    job,
    namespace,
    podDisruptionBudget,
    priorityClass,
    quota,
    role,
    roleBinding,
    secret,
    service,
    serviceAccount,
    token,
  ],
  run,
};

async function run(context: Context, flags: Flags): Promise<number | void> {
  if (!namesManifests(flags)) throw new UsageError('must specify one of -f and -k');
  const report = new ChangeReport(context, flags);
  const selector = parseLabelSelector(text(flags, 'selector') ?? '');
  const given = (await givenManifests(context, flags, 'create')).filter(({ object }) =>
    matchesLabels(selector, object.metadata?.labels),
  );
  if (given.length === 0) throw new UsageError('no objects passed to create');
  const manifests = isSet(flags, 'edit') ? await edited(context, given) : given;
  return forEach(
    context,
    manifests,
    async (manifest) => {
      const { resource, namespace: where } = await placeOfManifest(context, manifest);
      await createObject(context, flags, {
        resource,
        object: inNamespace(manifest.object, where),
        report,
        remember: isSet(flags, 'save-config'),
      });
    },
    ({ where }) => `error when creating "${where}"`,
  );
}

async function edited(context: Context, manifests: readonly Manifest[]): Promise<readonly Manifest[]> {
  const before = manifests.map(({ object }) => toYaml(object)).join('---\n');
  return parseManifests(await editText(context.environment, before, 'create'), 'the edited text');
}
