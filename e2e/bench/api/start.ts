import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { Api, credentialsOf } from '../../harness/api';
import { Cluster, freePort } from '../../harness/cluster';
import { dist, start } from '../../harness/programs';
import { manifestOf, PODS } from './pods';
import { pause } from './rates';
import { Target } from './target';

/** Everything that changes something, with what was sent and answered. */
const AUDIT_POLICY = `apiVersion: audit.k8s.io/v1
kind: Policy
rules:
- {level: RequestResponse, verbs: [create, update, patch, delete]}
- {level: Metadata}
`;

/** A server with one pod and its peer. `audited`: all is noted, as a careful administrator wants it. */
export async function startTarget(
  folder: string,
  { audited }: { readonly audited: boolean },
): Promise<{ readonly cluster: Cluster; readonly target: Target; readonly stop: () => Promise<void> }> {
  const policy = path.join(folder, 'audit.yaml');
  writeFileSync(policy, AUDIT_POLICY);
  const cluster = await Cluster.start({ workers: 0, serverArgs: audited ? ['--audit-policy-file', policy] : [] });
  const api = new Api(cluster.port, credentialsOf(cluster.kubeconfig));
  const first = await api.request('POST', PODS, JSON.parse(manifestOf('bench-1').toString()) as unknown);
  if (first.code !== 201) throw new Error(`the first pod was refused: ${first.body}`);
  const answer = path.join(folder, 'pod.json');
  writeFileSync(answer, (await api.request('GET', `${PODS}/bench-1`)).body);
  api.close();
  const barePort = await freePort();
  const pki = path.join(cluster.folder, 'server', 'pki');
  const pem = ['apiserver.key', 'apiserver.crt', 'ca.crt'].map((name) => path.join(pki, name));
  const bare = start(process.execPath, [dist('e2e', 'bench', 'bare-server.js'), String(barePort), ...pem, answer]);
  while (!bare.output().includes('ready')) await pause(20);
  const stop = async (): Promise<void> => {
    bare.kill('SIGTERM');
    await cluster.stop();
  };
  return { cluster, target: new Target(cluster, bare, barePort), stop };
}

/** The token of an account that may only look at pods: by RBAC, as most clients in a cluster. */
export async function readerToken(cluster: Cluster): Promise<string> {
  await cluster.ok(['create', 'serviceaccount', 'reader']);
  await cluster.ok(['create', 'role', 'reader', '--verb=get,list,watch', '--resource=pods']);
  await cluster.ok(['create', 'rolebinding', 'reader', '--role=reader', '--serviceaccount=default:reader']);
  return (await cluster.ok(['create', 'token', 'reader'])).trim();
}
