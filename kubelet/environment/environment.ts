import type { Container, EnvFromSource, EnvVar, Pod } from '../../shared/api/objects';
import type { ObjectRef } from '../../shared/wire/node-channel';
import type { ConfigSource } from './config-source';
import { ConfigError, readEntries } from './config-source';
import { deviceEnvironment } from './device-environment';
import { expand } from './expansion';
import type { PodContext } from './field-ref';
import { fieldValue, needsPodAddress, resourceValue } from './field-ref';
import { serviceEnvironment } from './service-environment';
import { findContainer } from '../plan/pod-outline';

/** The container's environment: what tells of Services and devices, overridden by `envFrom`, overridden by `env`. */
export async function environmentOf(
  context: PodContext,
  container: Container,
  source: ConfigSource,
): Promise<ReadonlyMap<string, string>> {
  const environment = new Map([
    ...serviceEnvironment(context.pod, context.services),
    ...deviceEnvironment(context.pod, container),
  ]);
  for (const from of container.envFrom ?? []) {
    for (const [name, value] of await valuesFrom(context.pod, from, source)) environment.set(name, value);
  }
  for (const variable of container.env ?? []) {
    const value = await valueOf(context, container, variable, { source, environment });
    if (value !== undefined) environment.set(variable.name, value);
  }
  return environment;
}

async function valuesFrom(pod: Pod, from: EnvFromSource, source: ConfigSource): Promise<readonly [string, string][]> {
  const { namespace } = pod.metadata;
  const reference = from.configMapRef ?? from.secretRef;
  const ref: ObjectRef = {
    kind: from.configMapRef === undefined ? 'Secret' : 'ConfigMap',
    namespace,
    name: reference?.name ?? '',
  };
  const entries = await readEntries(source, ref, reference?.optional ?? false);
  return [...(entries ?? [])]
    .filter(([key]) => !key.includes('='))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, bytes]) => [`${from.prefix ?? ''}${key}`, bytes.toString('utf8')]);
}

async function valueOf(
  context: PodContext,
  container: Container,
  variable: EnvVar,
  known: { readonly source: ConfigSource; readonly environment: ReadonlyMap<string, string> },
): Promise<string | undefined> {
  const from = variable.valueFrom;
  if (from === undefined || from === null) {
    return expand(variable.value ?? '', (name) => known.environment.get(name));
  }
  if (from.fieldRef !== undefined) return fieldValue(context, from.fieldRef.fieldPath);
  if (from.resourceFieldRef !== undefined) {
    const { containerName, resource, divisor } = from.resourceFieldRef;
    const subject = containerName === undefined ? container : findContainer(context.pod.spec, containerName);
    return resourceValue(context, subject ?? container, { resource, divisor });
  }
  const keyRef = from.configMapKeyRef ?? from.secretKeyRef;
  if (keyRef === undefined) return '';
  const kind = from.configMapKeyRef === undefined ? 'Secret' : 'ConfigMap';
  const { namespace } = context.pod.metadata;
  const { name = '', key, optional = false } = keyRef;
  const entries = await readEntries(known.source, { kind, namespace, name }, optional);
  const value = entries?.get(key);
  if (value === undefined && !optional)
    throw new ConfigError(`couldn't find key ${key} in ${kind} ${namespace}/${name}`);
  return value?.toString('utf8');
}

/** True where the environment names the pod's address, which only a running sandbox has. */
export const environmentNeedsAddress = (container: Container): boolean =>
  (container.env ?? []).some((variable) => needsPodAddress(variable.valueFrom?.fieldRef?.fieldPath));
