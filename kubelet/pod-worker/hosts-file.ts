import { readFile } from 'node:fs/promises';
import type { Pod } from '../../shared/api/objects';
import { hostsFileOf } from '../environment/hosts-file';
import type { Mount } from '../runtime/runtime';
import type { PodEnvironment } from './pod-environment';
import type { PodRecord } from './pod-record';

const HOSTS_FILE = '/etc/hosts';

/** The mounts of a container, and the pod's hosts file where none takes its place. */
export async function withHostsFile(
  { volumes }: PodEnvironment,
  { metadata }: Pod,
  mounts: readonly Mount[],
): Promise<readonly Mount[]> {
  if (mounts.some(({ containerPath }) => containerPath === HOSTS_FILE)) return mounts;
  const hostPath = await volumes.files.makeHostsFile(metadata.uid);
  return [...mounts, { containerPath: HOSTS_FILE, readOnly: false, source: { type: 'bind', hostPath } }];
}

/** To be called when the pod has its address, before a container starts: it may have been made before that. */
export async function writeHostsFile(env: PodEnvironment, { pod, podIps }: PodRecord): Promise<void> {
  const text = hostsFileOf(pod, {
    podIps,
    domain: env.network?.dns()?.domain,
    api: env.apiAddress(),
    ofHost: pod.spec.hostNetwork === true ? await readFile(HOSTS_FILE, 'utf8').catch(() => '') : '',
  });
  await env.volumes.files.writeHostsFile(pod.metadata.uid, text);
}
