import { spawnSync } from 'node:child_process';
import type { ExecConfig } from './kubeconfig';
import { KubeconfigError } from './kubeconfig';

export interface ExecCredential {
  readonly token?: string;
  readonly certificate?: Buffer;
  readonly key?: Buffer;
}

/** What the program runs with. */
export interface ExecPlace {
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Told to programs that want to know for which server they are asked. */
  readonly cluster: object;
  readonly isInteractive: boolean;
}

const DEFAULT_VERSION = 'client.authentication.k8s.io/v1';

/** Asks the program who we are; it may talk to the person by the terminal. Throws KubeconfigError. */
export function execCredential(exec: ExecConfig, place: ExecPlace): ExecCredential {
  const apiVersion = exec.apiVersion ?? DEFAULT_VERSION;
  const spec = {
    interactive: place.isInteractive,
    ...(exec.provideClusterInfo === true ? { cluster: place.cluster } : {}),
  };
  const ended = spawnSync(exec.command, [...(exec.args ?? [])], {
    cwd: place.cwd,
    env: {
      ...place.variables,
      ...Object.fromEntries((exec.env ?? []).map(({ name, value }) => [name, value])),
      KUBERNETES_EXEC_INFO: JSON.stringify({ apiVersion, kind: 'ExecCredential', spec }),
    },
    stdio: [place.isInteractive ? 'inherit' : 'ignore', 'pipe', 'inherit'],
  });
  if (ended.error !== undefined)
    throw new KubeconfigError(
      `getting credentials: the program "${exec.command}" that the kubeconfig names cannot be started (${ended.error.message})${exec.installHint === undefined ? '' : `\n${exec.installHint}`}`,
    );
  if (ended.status !== 0)
    throw new KubeconfigError(`getting credentials: "${exec.command}" exited ${ended.status ?? 'by a signal'}`);
  return credentialOf(exec.command, ended.stdout.toString('utf8'));
}

function credentialOf(command: string, text: string): ExecCredential {
  let status: { readonly token?: string; readonly clientCertificateData?: string; readonly clientKeyData?: string };
  try {
    status = (JSON.parse(text) as { readonly status?: typeof status }).status ?? {};
  } catch {
    throw new KubeconfigError(`getting credentials: "${command}" printed no ExecCredential`);
  }
  const { token, clientCertificateData: certificate, clientKeyData: key } = status;
  if (token === undefined && certificate === undefined)
    throw new KubeconfigError(`getting credentials: "${command}" returned neither a token nor a certificate`);
  return {
    ...(token === undefined ? {} : { token }),
    ...(certificate === undefined ? {} : { certificate: Buffer.from(certificate) }),
    ...(key === undefined ? {} : { key: Buffer.from(key) }),
  };
}
