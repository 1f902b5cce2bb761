import type { ApiObject } from '../../../shared/api/objects';
import { ageColumn, column, nameColumn } from '../columns';
import { defineKind } from '../define-kind';
import type { PodTemplate } from './pod-template';
import { containerImages, containerNames, setTemplateDefaults, validateTemplate } from './pod-template';

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
    ageColumn,
  ],
  setDefaults: (object) => setTemplateDefaults(templateOf(object)),
  validate: (object) => validateTemplate('template', templateOf(object), ['Always', 'OnFailure', 'Never']),
});
