import type { ApiObject } from '../../../shared/api/objects';
import { column, labelsText, nameColumn } from '../columns';
import { defineKind } from '../define-kind';
import { podWarnings } from '../pod/pod-warnings';
import { isAskedAnew } from './template-warnings';
import type { PodTemplate } from './pod-template';
import { containerImages, containerNames, setTemplateDefaults, templateProblems } from './pod-template';

const templateOf = (object: ApiObject): PodTemplate | undefined => object['template'] as PodTemplate | undefined;

export const podTemplate = defineKind({
  group: '',
  version: 'v1',
  kind: 'PodTemplate',
  plural: 'podtemplates',
  schema: 'io.k8s.api.core.v1.PodTemplate',
  hasGeneration: true,
  columns: [
    nameColumn,
    column('Containers', (object) => containerNames(templateOf(object)), { description: 'Names of the containers' }),
    column('Images', (object) => containerImages(templateOf(object)), { description: 'Their images' }),
    column('Pod Labels', (object) => labelsText(templateOf(object)?.metadata?.labels), {
      description: 'The labels for the pod template',
    }),
  ],
  warnings: (object, old) => (isAskedAnew(object, old) ? podWarnings(templateOf(object) ?? {}, 'template.') : []),
  setDefaults: (object) => setTemplateDefaults(templateOf(object)),
  validate: (object) => templateProblems('template', templateOf(object)),
});
