import type { Argv } from 'yargs';
import { KNOWN } from '../../client/known-types';
import { UsageError } from '../../client/resources';
import type { Flags } from '../command';
import { list, required, text } from '../command';
import { generating } from './generator';

const GROUP = 'rbac.authorization.k8s.io';

const subjectFlags = (yargs: Argv): Argv =>
  yargs
    .option('clusterrole', { type: 'string', describe: 'the cluster role' })
    .option('user', { type: 'string', array: true, describe: 'to which users' })
    .option('group', { type: 'string', array: true, describe: 'to which groups' })
    .option('serviceaccount', { type: 'string', array: true, describe: 'to which service accounts: NAMESPACE:NAME' });

/** Throws UsageError. */
export function subjectsOf(flags: Flags): readonly object[] {
  return [
    ...list(flags, 'user').map((name) => ({ apiGroup: GROUP, kind: 'User', name })),
    ...list(flags, 'group').map((name) => ({ apiGroup: GROUP, kind: 'Group', name })),
    ...list(flags, 'serviceaccount').map((each) => {
      const [namespace = '', name = '', ...more] = each.split(':');
      if (namespace === '' || name === '' || more.length > 0)
        throw new UsageError('serviceaccount must be <namespace>:<name>');
      return { kind: 'ServiceAccount', name, namespace };
    }),
  ];
}

const binding = (flags: Flags, kind: 'Role' | 'ClusterRole', name: string) => {
  const subjects = subjectsOf(flags);
  return { roleRef: { apiGroup: GROUP, kind, name }, ...(subjects.length === 0 ? {} : { subjects }) };
};

export const roleBinding = generating({
  name: 'rolebinding',
  describe: 'who has a role in a namespace',
  type: KNOWN.roleBinding,
  failure: 'rolebinding',
  build: (yargs) => subjectFlags(yargs).option('role', { type: 'string', describe: 'the role' }),
  make: (flags) => {
    const [own, ofCluster] = [text(flags, 'role'), text(flags, 'clusterrole')];
    if ((own === undefined) === (ofCluster === undefined))
      throw new UsageError('exactly one of clusterrole or role must be specified');
    return own === undefined ? binding(flags, 'ClusterRole', ofCluster ?? '') : binding(flags, 'Role', own);
  },
});

export const clusterRoleBinding = generating({
  name: 'clusterrolebinding',
  describe: 'who has a role everywhere',
  type: KNOWN.clusterRoleBinding,
  failure: 'clusterrolebinding',
  build: subjectFlags,
  make: (flags) => binding(flags, 'ClusterRole', required(flags, 'clusterrole')),
});
