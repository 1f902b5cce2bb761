import type { Kind } from './kind';
import { ageColumn, nameColumn } from './columns';
import { ALL_VERBS } from './verbs';

type Declared = 'group' | 'version' | 'kind' | 'plural' | 'schema';

/** A kind that is as most are: namespaced, every verb, named as a DNS subdomain, no status, no generation. */
export const defineKind = (declared: Pick<Kind, Declared> & Partial<Kind>): Kind => ({
  singular: declared.kind.toLowerCase(),
  namespaced: true,
  shortNames: [],
  categories: [],
  verbs: ALL_VERBS,
  subresources: [],
  columns: [nameColumn, ageColumn],
  fieldSelectors: [],
  nameRule: 'dns1123-subdomain',
  hasStatus: false,
  hasGeneration: false,
  ...declared,
});
