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
  if (given.some((word) => word.includes('/'))) {
    return given.map((word) => {
      const [type = '', name = '', ...more] = word.split('/');
      if (name === '' || more.length > 0)
        throw new UsageError(`"${word}" is no type/name pair, and those cannot be mixed with plain names`);
      return { resource: resources.find(type), names: [name] };
    });
  }
  const types = first.split(',').flatMap((type) => {
    const category = resources.ofCategory(type);
    return category.length > 0 ? category : [resources.find(type)];
  });
  return types.map((resource) => ({ resource, names: rest }));
}

/** A pod by `pod/web`, `pods/web` or `web`. Throws UsageError for another type. */
export function podNameOf(word: string): string {
  const [type = '', name] = word.split('/');
  if (name === undefined) return type;
  if (!['pod', 'pods', 'po'].includes(type)) throw new UsageError(`${word}: only pods can be named here`);
  return name;
}
