import type { ConfigMap, LimitRange, Namespace, ResourceQuota, Secret, ServiceAccount } from '../../shared/api/objects';
import { headText, underlined } from './head-text';
import { annotationLines, labelLines, multiline } from './maps';

const sortedEntries = <T>(map: Readonly<Record<string, T>> | undefined): readonly (readonly [string, T])[] =>
  Object.entries(map ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));

export const configMapText = ({ metadata, data, binaryData }: ConfigMap): string =>
  [
    headText(metadata),
    '\nData\n====\n',
    ...sortedEntries(data).map(([key, value]) => `${key}:\n----\n${value}\n\n`),
    '\nBinaryData\n====\n',
    ...sortedEntries(binaryData).map(([key, value]) => `${key}: ${Buffer.from(value, 'base64').length} bytes\n`),
    '\n',
  ].join('');

/** Values are told by their size only, but for a service account's token that is there to be read. */
export const secretText = ({ metadata, type, data }: Secret): string =>
  [
    headText(metadata),
    `\nType:\t${type ?? 'Opaque'}\n\nData\n====\n`,
    ...sortedEntries(data).map(([key, value]) => {
      const content = Buffer.from(value, 'base64');
      const isToken = type === 'kubernetes.io/service-account-token' && key === 'token';
      return `${key}:\t${isToken ? content.toString('utf8') : `${content.length} bytes`}\n`;
    }),
  ].join('');

export const serviceAccountText = ({ metadata, imagePullSecrets = [] }: ServiceAccount): string =>
  `${headText(metadata)}${multiline(
    'Image pull secrets',
    imagePullSecrets.map(({ name }) => name ?? ''),
  )}`;

type Amounts = Readonly<Record<string, string>> | undefined;

const quotaRows = ({
  hard,
  used,
}: {
  readonly hard?: Amounts;
  readonly used?: Amounts;
}): readonly (readonly string[])[] => sortedEntries(hard).map(([name, amount]) => [name, used?.[name] ?? '0', amount]);

export function quotaText({ metadata, spec, status }: ResourceQuota): string {
  const scopes = spec?.scopes ?? [];
  const rows = quotaRows({ hard: status?.hard, used: status?.used });
  return [
    `Name:\t${metadata.name}\nNamespace:\t${metadata.namespace}\n`,
    scopes.length === 0 ? '' : `Scopes:\t${scopes.join(', ')}\n`,
    underlined(['Resource', 'Used', 'Hard'], rows, ''),
  ].join('');
}

/** `quotas`, `limits`: what holds in it. */
export function namespaceText(
  { metadata, status }: Namespace,
  quotas: readonly ResourceQuota[],
  limits: readonly LimitRange[],
): string {
  const quotaParts = quotas.map(
    (quota) =>
      `  Name:\t${quota.metadata.name}\n  Resource\tUsed\tHard\n  --------\t---\t---\n${quotaRows({
        hard: quota.status?.hard,
        used: quota.status?.used,
      })
        .map((row) => `  ${row.join('\t')}\n`)
        .join('')}`,
  );
  return [
    `Name:\t${metadata.name}\n`,
    labelLines('Labels', metadata.labels),
    annotationLines('Annotations', metadata.annotations),
    `Status:\t${status?.phase ?? ''}\n`,
    quotas.length === 0 ? '\nNo resource quota.\n' : `\nResource Quotas\n${quotaParts.join('\n')}`,
    limits.length === 0 ? '\nNo LimitRange resource.\n' : `\nResource Limits\n${limitRows(limits)}`,
  ].join('');
}

type Limit = Readonly<Record<'min' | 'max' | 'default' | 'defaultRequest' | 'maxLimitRequestRatio', Amounts>> & {
  readonly type: string;
};

/** A row for each resource of each limit, below a heading. */
export function limitRows(limits: readonly Pick<LimitRange, 'spec'>[], indent = ' '): string {
  const rows = limits.flatMap((each) => {
    const { limits: items = [] } = (each.spec ?? {}) as { readonly limits?: readonly Limit[] };
    return items.flatMap((item) => {
      const names = new Set(
        [item.min, item.max, item.default, item.defaultRequest, item.maxLimitRequestRatio].flatMap((of) =>
          Object.keys(of ?? {}),
        ),
      );
      return [...names]
        .sort()
        .map((name) => [
          item.type,
          name,
          ...[item.min, item.max, item.defaultRequest, item.default, item.maxLimitRequestRatio].map(
            (of) => of?.[name] ?? '-',
          ),
        ]);
    });
  });
  return underlined(
    ['Type', 'Resource', 'Min', 'Max', 'Default Request', 'Default Limit', 'Max Limit/Request Ratio'],
    rows,
    indent,
  );
}
