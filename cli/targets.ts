import type { Resource, Resources } from './client/resources';
import { UsageError } from './client/resources';

/** What a person named: a type, with or without names. */
export interface Target {
  readonly resource: Resource;
  /** Empty: all of the type. */
  readonly names: readonly string[];
}

/**
 * `pods`, `pods,nodes`, `pod web api`, `pod/web node/n1`, `all`. Throws UsageError.
 */
export function parseTargets(resources: Resources, given: readonly string[]): readonly Target[] {
  const [first, ...rest] = given;
  if (first === undefined)
    throw new UsageError('name a resource type, such as pods: kubectl-lite api-resources lists them');
  if (given.some((word) => word.includes('/'))) return parsePairs(resources, given);
  const types = first.split(',').flatMap((type) => {
    const category = resources.ofCategory(type);
    return category.length > 0 ? category : [resources.find(type)];
  });
  return types.map((resource) => ({ resource, names: rest }));
}

/** `pod/web node/n1`: those of one type that follow each other are one target. */
function parsePairs(resources: Resources, given: readonly string[]): readonly Target[] {
  const targets: { resource: Resource; names: string[] }[] = [];
  for (const word of given) {
    const [type = '', name, ...more] = word.split('/');
    if (name === undefined)
      throw new UsageError(
        "there is no need to specify a resource type as a separate argument when passing arguments in resource/name form (e.g. 'kubectl-lite get resource/<resource_name>' instead of 'kubectl-lite get resource resource/<resource_name>'",
      );
    if (more.length > 0) throw new UsageError('arguments in resource/name form may not have more than one slash');
    if (type === '' || name === '')
      throw new UsageError(`arguments in resource/name form must have a single resource and name: "${word}"`);
    const resource = resources.find(type);
    const last = targets.at(-1);
    if (last?.resource === resource) last.names.push(name);
    else targets.push({ resource, names: [name] });
  }
  return targets;
}
