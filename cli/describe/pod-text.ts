import type { Pod } from '../../shared/api/objects';
import { ageOf } from '../events';
import { containersText, volumesText } from './containers-text';
import { controlledBy } from './head-text';
import { annotationLines, labelLines, tolerationLines } from './maps';
import { timeText } from './times';

export function podText({ metadata, spec, status = {} }: Pod): string {
  const line = (label: string, value: string | number | undefined): string =>
    value === undefined || value === '' ? '' : `${label}:\t${value}\n`;
  const place = spec.nodeName === undefined ? '<none>' : `${spec.nodeName}/${status.hostIP ?? ''}`;
  const isEnding =
    metadata.deletionTimestamp !== undefined && status.phase !== 'Failed' && status.phase !== 'Succeeded';
  return [
    `Name:\t${metadata.name}\nNamespace:\t${metadata.namespace}\n`,
    line('Priority', spec.priority),
    line('Priority Class Name', spec.priorityClassName),
    line('Runtime Class Name', spec.runtimeClassName),
    line('Service Account', spec.serviceAccountName),
    line('Node', place),
    status.startTime === undefined ? '' : line('Start Time', timeText(status.startTime)),
    labelLines('Labels', metadata.labels),
    annotationLines('Annotations', metadata.annotations),
    isEnding
      ? `Status:\tTerminating (lasts ${ageOf(metadata.deletionTimestamp)})\nTermination Grace Period:\t${metadata.deletionGracePeriodSeconds ?? 0}s\n`
      : `Status:\t${status.phase ?? ''}\n`,
    line('Reason', status.reason),
    line('Message', status.message),
    `IP:\t${status.podIP ?? ''}\n`,
    addressesText(status.podIPs),
    controlledBy(metadata),
    line('NominatedNodeName', status.nominatedNodeName),
    spec.initContainers === undefined || spec.initContainers.length === 0
      ? ''
      : containersText('Init Containers', spec.initContainers, status.initContainerStatuses ?? []),
    containersText('Containers', spec.containers, status.containerStatuses ?? []),
    spec.ephemeralContainers === undefined || spec.ephemeralContainers.length === 0
      ? ''
      : containersText('Ephemeral Containers', spec.ephemeralContainers, status.ephemeralContainerStatuses ?? []),
    readinessGatesText(spec.readinessGates, status.conditions),
    conditionsText(status.conditions),
    volumesText(spec.volumes),
    line('QoS Class', status.qosClass),
    labelLines('Node-Selectors', spec.nodeSelector),
    tolerationLines('Tolerations', spec.tolerations),
  ].join('');
}

type Status = NonNullable<Pod['status']>;

const addressesText = (addresses: Status['podIPs'] = []): string =>
  addresses.length === 0 ? 'IPs:\t<none>\n' : `IPs:\n${addresses.map(({ ip }) => `  IP:\t${ip ?? ''}\n`).join('')}`;

const readinessGatesText = (
  gates: Pod['spec']['readinessGates'] = [],
  conditions: Status['conditions'] = [],
): string =>
  gates.length === 0
    ? ''
    : `Readiness Gates:\n  Type\tStatus\n${gates
        .map(({ conditionType }) => {
          const status = conditions.find(({ type }) => type === conditionType)?.status ?? '<none>';
          return `  ${conditionType} \t${status} \n`;
        })
        .join('')}`;

const conditionsText = (conditions: Status['conditions'] = []): string =>
  conditions.length === 0
    ? ''
    : `Conditions:\n  Type\tStatus\n${conditions.map(({ type, status }) => `  ${type} \t${status} \n`).join('')}`;
