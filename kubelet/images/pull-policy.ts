import { parseImageName } from './image-name';

export type PullPolicy = 'Always' | 'IfNotPresent' | 'Never';

/**
 * What a container asks for; where it says nothing, Kubernetes' default by its image's tag. Throws `InvalidImageName`.
 */
export function pullPolicyOf(container: { readonly image?: string; readonly imagePullPolicy?: string }): PullPolicy {
  const { image = '', imagePullPolicy } = container;
  const { tag, digest } = parseImageName(image);
  if (imagePullPolicy === 'Always' || imagePullPolicy === 'IfNotPresent' || imagePullPolicy === 'Never')
    return imagePullPolicy;
  return tag === 'latest' && digest === undefined ? 'Always' : 'IfNotPresent';
}

export type PullDecision = 'pull' | 'use' | 'refuse';

export function decidePull(policy: PullPolicy, isPresent: boolean): PullDecision {
  switch (policy) {
    case 'Always':
      return 'pull';
    case 'IfNotPresent':
      return isPresent ? 'use' : 'pull';
    case 'Never':
      return isPresent ? 'use' : 'refuse';
  }
}
