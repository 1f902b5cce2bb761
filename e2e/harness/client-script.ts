import path from 'node:path';
import type { Cluster } from './cluster';
import { podManifest, shell } from './manifests';
import { CHECKOUT, run } from './programs';

/** A program of e2e/clients with its interpreter: how programs of the world use the API through a client library. */
export interface ClientScript {
  readonly interpreter: string;
  readonly file: string;
}
const fileOf = ({ file }: ClientScript): string => path.join(CHECKOUT, 'e2e', 'clients', file);

/** Runs one action of it against the cluster. Returns its result. */
export async function act(script: ClientScript, cluster: Cluster, ...action: readonly string[]): Promise<unknown> {
  const { status, stdout, stderr } = await run(script.interpreter, [fileOf(script), ...action], { env: cluster.env });
  if (status !== 0) throw new Error(`${script.file} ${action.join(' ')} exited ${status}:\n${stdout}${stderr}`);
  return JSON.parse(stdout);
}

/** The same within a pod that has this machine's interpreters and libraries, with nothing but what every pod is given. */
export async function actInPod(script: ClientScript, cluster: Cluster, action: string): Promise<unknown> {
  return JSON.parse(await cluster.ok(['exec', 'inside', '--', script.interpreter, fileOf(script), action]));
}

/** A pod that serves HTTP, one that answers what is typed, and one to run scripts in, which may list pods. */
export async function startClientPods(cluster: Cluster): Promise<void> {
  const web = shell('echo started; mkdir -p /www; echo hello > /www/index.html; exec httpd -f -p 8080 -h /www', {
    ports: [{ containerPort: 8080, name: 'http' }],
    readinessProbe: { httpGet: { path: '/', port: 'http' }, periodSeconds: 1 },
  });
  const echo = shell('while read line; do echo "got $line"; done', { stdin: true });
  const mounts = { usr: '/usr', lib: '/lib', lib64: '/lib64', checkout: CHECKOUT };
  const volumes = Object.entries(mounts).map(([name, folder]) => ({ name, hostPath: { path: folder } }));
  const volumeMounts = Object.entries(mounts).map(([name, mountPath]) => ({ name, mountPath, readOnly: true }));
  // Its tar, not the image's.
  const env = [{ name: 'PATH', value: '/usr/bin:/bin' }];
  await cluster.ok(['label', 'namespace', 'default', 'pod-security.kubernetes.io/enforce=privileged']);
  await cluster.ok(['create', 'serviceaccount', 'lister']);
  await cluster.ok(['create', 'role', 'lister', '--verb=get,list,watch', '--resource=pods']);
  await cluster.ok(['create', 'rolebinding', 'lister', '--role=lister', '--serviceaccount=default:lister']);
  const inside = {
    containers: [shell('exec sleep 3600', { volumeMounts, env })],
    volumes,
    serviceAccountName: 'lister',
  };
  for (const [name, spec] of Object.entries({ web: { containers: [web] }, echo: { containers: [echo] }, inside })) {
    await cluster.ok(['apply', '-f', '-'], podManifest(name, spec));
  }
  await cluster.ok(['wait', '--for=condition=Ready', 'pod', '--all', '--timeout=60s']);
}
