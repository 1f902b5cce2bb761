import type { Container, PodSpec } from '../../shared/api/objects';
import { IMAGE } from './cluster';

type Shell = Omit<Container, 'name'> & { readonly name?: string };

/** A container that runs a shell line. */
export const shell = (line: string, more: Shell = {}): Container => ({
  name: 'main',
  image: IMAGE,
  imagePullPolicy: 'IfNotPresent',
  command: ['sh', '-c', line],
  ...more,
});

/** A pod as JSON for `kubectl apply -f -`. It ends quickly on SIGKILL: nothing here needs a grace period unless a test says so. */
export const podManifest = (
  name: string,
  spec: Partial<PodSpec> & { readonly containers: Container[] },
  metadata: { readonly labels?: Record<string, string>; readonly annotations?: Record<string, string> } = {},
): string =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, ...metadata },
    spec: { terminationGracePeriodSeconds: 0, ...spec },
  });

export const configMapManifest = (name: string, data: Record<string, string>): string =>
  JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data });

export const manifestList = (...manifests: readonly string[]): string =>
  JSON.stringify({ apiVersion: 'v1', kind: 'List', items: manifests.map((each): unknown => JSON.parse(each)) });
