import { UsageError } from '../../client/resources';
import { podTemplateOf, withPodTemplate } from '../../pod-template';
import { subjectsOf } from '../create/rolebinding';
import { selectorFields } from '../create/poddisruptionbudget';
import type { Command } from '../command';
import { list, words } from '../command';
import { setOnEach, settingFlags } from './setting';

export const serviceAccount: Command = {
  name: 'serviceaccount',
  aliases: ['sa'],
  usage: 'serviceaccount [words..]',
  describe: 'whom pods are to the API',
  build: settingFlags,
  run: (context, flags) => {
    const given = words(flags, 'words');
    const account = given.at(-1);
    if (account === undefined || (given.length < 2 && words(flags, 'filename').length === 0))
      throw new UsageError('serviceaccount is required: kubectl-lite set serviceaccount TYPE NAME SERVICE_ACCOUNT');
    return setOnEach(context, flags, given.slice(0, -1), 'serviceaccount updated', (object) => {
      const template = podTemplateOf(object);
      if (template?.spec === undefined)
        throw new UsageError(`${object.kind ?? ''}/${object.metadata?.name ?? ''} does not have a pod template`);
      const spec = { ...template.spec, serviceAccountName: account };
      return withPodTemplate(object, { ...template, spec });
    });
  },
};

export const selector: Command = {
  name: 'selector',
  usage: 'selector [words..]',
  describe: 'which pods a service reaches: KEY=VALUE,…',
  build: settingFlags,
  run: (context, flags) => {
    const given = words(flags, 'words');
    const expression = given.at(-1);
    if (expression === undefined || !/=|\s(not)?in\s/.test(expression))
      throw new UsageError('one resource and one selector are required: kubectl-lite set selector TYPE NAME KEY=VALUE');
    const fields = selectorFields(expression) as { matchLabels?: object; matchExpressions?: object };
    return setOnEach(context, flags, given.slice(0, -1), 'selector updated', (object) => {
      const spec = object.spec as Readonly<Record<string, unknown>> | undefined;
      if (object.kind !== 'Service') throw new UsageError('setting a selector is only supported for Services');
      if (fields.matchExpressions !== undefined)
        throw new UsageError('a service selector takes KEY=VALUE alone, not set-based expressions');
      return { ...object, spec: { ...spec, selector: fields.matchLabels ?? {} } };
    });
  },
};

export const subject: Command = {
  name: 'subject',
  usage: 'subject [words..]',
  describe: 'whom a role binding binds as well',
  build: (yargs) =>
    settingFlags(yargs)
      .option('user', { type: 'string', array: true, describe: 'which users' })
      .option('group', { type: 'string', array: true, describe: 'which groups' })
      .option('serviceaccount', { type: 'string', array: true, describe: 'which service accounts: NAMESPACE:NAME' }),
  run: (context, flags) => {
    if ([...list(flags, 'user'), ...list(flags, 'group'), ...list(flags, 'serviceaccount')].length === 0)
      throw new UsageError('you must specify at least one value of user, group or serviceaccount');
    const added = subjectsOf(flags);
    return setOnEach(context, flags, words(flags, 'words'), 'subjects updated', (object) => {
      const present = (object.subjects ?? []) as readonly object[];
      const known = new Set(present.map((each) => identityOf(each)));
      return { ...object, subjects: [...present, ...added.filter((each) => !known.has(identityOf(each)))] };
    });
  },
};

const identityOf = (given: object): string => {
  const { kind, name, namespace = '' } = given as { kind: string; name: string; namespace?: string };
  return `${kind}/${namespace}/${name}`;
};
