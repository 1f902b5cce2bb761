import type { PodTemplateFields } from '../pod-template';
import { containersText, volumesText } from './containers-text';
import { annotationLines, labelLines, tolerationLines } from './maps';

/** What the pods of an object are, with tabs between labels and values (for alignTabs). */
export function podTemplateText({ metadata, spec }: PodTemplateFields): string {
  const annotations = metadata?.annotations ?? {};
  return [
    'Pod Template:\n',
    labelLines('  Labels', metadata?.labels),
    Object.keys(annotations).length === 0 ? '' : annotationLines('  Annotations', annotations),
    spec?.serviceAccountName === undefined ? '' : `  Service Account:\t${spec.serviceAccountName}\n`,
    spec?.initContainers === undefined ? '' : containersText('Init Containers', spec.initContainers, undefined, '  '),
    containersText('Containers', spec?.containers ?? [], undefined, '  '),
    volumesText(spec?.volumes, '  '),
    spec?.priorityClassName === undefined ? '' : `  Priority Class Name:\t${spec.priorityClassName}\n`,
    labelLines('  Node-Selectors', spec?.nodeSelector),
    tolerationLines('  Tolerations', spec?.tolerations),
  ].join('');
}
