import { RuntimeError } from '../runtime/runtime';

/** A reference to an image, taken apart and completed as the engine does (distribution/reference). */
export interface ImageName {
  /** `docker.io`, `registry.example:5000`. */
  readonly registry: string;
  /** `library/busybox`. */
  readonly repository: string;
  /** Where a digest is given the tag counts for nothing. */
  readonly tag?: string;
  readonly digest?: string;
}

const DEFAULT_REGISTRY = 'docker.io';
const COMPONENT = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*';
const REPOSITORY = new RegExp(`^${COMPONENT}(?:/${COMPONENT})*$`);
const LABEL = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])';
const REGISTRY = new RegExp(`^(?:${LABEL}(?:\\.${LABEL})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?$`);
const TAG = /^\w[\w.-]{0,127}$/;
const DIGEST = /^[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}$/;

/** Throws RuntimeError `InvalidImageName`, worded as Kubernetes' kubelet words it. */
export function parseImageName(image: string): ImageName {
  const [named = '', digest, ...more] = image.split('@');
  const colon = named.lastIndexOf(':');
  const hasTag = colon > named.lastIndexOf('/');
  const path = hasTag ? named.slice(0, colon) : named;
  const tag = hasTag ? named.slice(colon + 1) : undefined;
  const slash = path.indexOf('/');
  const first = slash === -1 ? '' : path.slice(0, slash);
  const hasRegistry = /[.:]/.test(first) || first === 'localhost' || first !== first.toLowerCase();
  const registry = hasRegistry ? first : DEFAULT_REGISTRY;
  const remainder = hasRegistry ? path.slice(slash + 1) : path;
  const isOfficial = (registry === DEFAULT_REGISTRY || registry === 'index.docker.io') && !remainder.includes('/');
  const repository = isOfficial ? `library/${remainder}` : remainder;
  if (repository !== repository.toLowerCase())
    throw invalid(image, `repository name (${repository}) must be lowercase`);
  const isSound =
    more.length === 0 &&
    REGISTRY.test(registry) &&
    REPOSITORY.test(repository) &&
    registry.length + repository.length < 255 &&
    (tag === undefined || TAG.test(tag)) &&
    (digest === undefined || DIGEST.test(digest));
  if (!isSound) throw invalid(image);
  return {
    registry: registry === 'index.docker.io' ? DEFAULT_REGISTRY : registry,
    repository,
    ...(tag === undefined ? (digest === undefined ? { tag: 'latest' } : {}) : { tag }),
    ...(digest === undefined ? {} : { digest }),
  };
}

const invalid = (image: string, detail?: string): RuntimeError =>
  new RuntimeError(
    'InvalidImageName',
    `Failed to apply default image tag "${image}": couldn't parse image name "${image}": invalid reference format${detail === undefined ? '' : `: ${detail}`}`,
  );
