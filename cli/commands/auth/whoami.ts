import type { StoredObject } from '../../api-object';
import { layoutColumns } from '../../output/columns';
import { format, parseOutput } from '../../output/format';
import type { Command } from '../command';
import { text } from '../command';
import { printing } from '../flag-groups';

interface UserInfo {
  readonly username?: string;
  readonly uid?: string;
  readonly groups?: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

export const whoAmI: Command = {
  name: 'whoami',
  usage: 'whoami',
  describe: 'who you are to the server',
  build: printing,
  run: async (context, flags) => {
    const output = text(flags, 'output');
    if (output !== undefined) parseOutput(output, text(flags, 'template'), 'changes');
    const { value } = await context
      .client()
      .json<StoredObject & { readonly status?: { readonly userInfo?: UserInfo } }>({
        method: 'POST',
        path: '/apis/authentication.k8s.io/v1/selfsubjectreviews',
        body: { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' },
      });
    if (output !== undefined) {
      const nameOf = (): string => 'selfsubjectreview.authentication.k8s.io/';
      const { cwd } = context.environment;
      return context.out(format(output, value, [value], { nameOf, template: text(flags, 'template'), cwd }));
    }
    const { username = '', uid, groups = [], extra = {} } = value.status?.userInfo ?? {};
    const rows = [
      ['Username', username],
      ...(uid === undefined || uid === '' ? [] : [['UID', uid]]),
      ...(groups.length === 0 ? [] : [['Groups', `[${groups.join(' ')}]`]]),
      ...Object.entries(extra)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([key, values]) => [`Extra: ${key}`, `[${values.join(' ')}]`]),
    ];
    context.out(layoutColumns([['ATTRIBUTE', 'VALUE'], ...rows]));
  },
};
