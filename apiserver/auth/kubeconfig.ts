import { mkdir, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { stringify } from 'yaml';
import type { Credential } from './cluster-authority';

/** Writes a kubeconfig for one user, mode 0600, replacing the file at once. */
export async function writeKubeconfig(
  file: string,
  {
    server,
    caCertificatePem,
    user,
  }: { readonly server: string; readonly caCertificatePem: string; readonly user: Credential },
): Promise<void> {
  const base64 = (pem: string): string => Buffer.from(pem).toString('base64');
  const text = stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'pinsetter', cluster: { server, 'certificate-authority-data': base64(caCertificatePem) } }],
    users: [
      {
        name: 'pinsetter-admin',
        user: { 'client-certificate-data': base64(user.certificatePem), 'client-key-data': base64(user.keyPem) },
      },
    ],
    contexts: [{ name: 'pinsetter', context: { cluster: 'pinsetter', user: 'pinsetter-admin' } }],
    'current-context': 'pinsetter',
  });
  await mkdir(path.dirname(file), { recursive: true });
  const fresh = `${file}.new`;
  await writeFile(fresh, text, { mode: 0o600 });
  await rename(fresh, file);
}
