import type { Kubeconfig } from '../../client/kubeconfig';

const SECRET_FIELDS = [
  'access-token',
  'certificate-authority-data',
  'client-certificate-data',
  'client-key-data',
  'client-secret',
  'id-token',
  'password',
  'refresh-token',
  'token',
];

/** What a kubeconfig may show: no keys, tokens or passwords, and no values that a credential program is given. */
export const withoutSecrets = (kubeconfig: Kubeconfig): unknown =>
  JSON.parse(
    JSON.stringify(kubeconfig, (key, value: unknown) => {
      if (SECRET_FIELDS.includes(key)) return key.endsWith('-data') ? 'DATA+OMITTED' : 'REDACTED';
      if (key !== 'env' || !Array.isArray(value)) return value;
      return (value as readonly { readonly name?: unknown }[]).map(({ name }) => ({ name, value: 'DATA+OMITTED' }));
    }),
  ) as unknown;
