import type { IngressBackend as BackendSpec } from 'kubernetes-types/networking/v1';
import type { Ingress } from '../../shared/api/objects';
import type { IngressBackend, IngressPath, NetworkIngress } from '../../shared/wire/ingress';
import { readAnnotations } from './annotations';
import type { IngressLookup } from './backend';
import { resolveBackend } from './backend';
import type { IngressProblem } from './problem';

export interface IngressFacts {
  readonly ingress: NetworkIngress;
  /** `namespace/name` of the Secrets that it names. */
  readonly secrets: readonly string[];
  readonly problems: readonly IngressProblem[];
}

/** Longer ones do not fit into one word of the proxy's configuration. */
const MAX_PATH = 2_000;
const CONTROL = /[\u0000-\u001f\u007f]/;
/** What a regular expression may be made of here: what paths need, and nothing that ends a word. */
const REGEX = /^\/[A-Za-z0-9_\-/%$[\]().*+?|^{}:=!,~@&\\]*$/;

/** As much of an Ingress as nodes are told, with its Services as they are now, and what is wrong with it. */
export function ingressFactsOf({ metadata, spec = {} }: Ingress, lookup: IngressLookup): IngressFacts {
  const { namespace, name, annotations = {}, creationTimestamp } = metadata;
  const { options, usesRegex, problems: annotationProblems } = readAnnotations(annotations);
  const problems: IngressProblem[] = [...annotationProblems];
  const backendOf = ({ service, resource }: BackendSpec): IngressBackend => {
    if (service === undefined) {
      const what = resource === undefined ? 'nothing' : `${resource.kind} "${resource.name}"`;
      problems.push({ reason: 'InvalidBackend', message: `a backend is ${what}: only Services are served` });
      return { kind: 'missing' };
    }
    const port = service.port?.number ?? service.port?.name ?? 0;
    const { backend, problem } = resolveBackend(lookup, { namespace, name: service.name, port, protocol: 'TCP' });
    if (problem !== undefined) problems.push({ reason: 'ServiceNotFound', message: problem });
    return backend;
  };
  const paths = (spec.rules ?? []).map(({ host = '', http }) => ({
    host,
    paths: (http?.paths ?? []).flatMap(({ path = '', pathType, backend }): readonly IngressPath[] => {
      const kind = pathType === 'Exact' ? 'Exact' : pathType !== 'Prefix' && usesRegex ? 'Regex' : 'Prefix';
      const found = { path: path === '' ? '/' : path, kind, backend: backendOf(backend) } as const;
      const problem = pathProblem(found);
      if (problem === undefined) return [found];
      problems.push({ reason: 'InvalidPath', message: `path ${JSON.stringify(path)} is not served: ${problem}` });
      return [];
    }),
  }));
  const secretOf = (secretName: string | undefined): string | undefined =>
    secretName === undefined || secretName === '' ? undefined : `${namespace}/${secretName}`;
  const tls = (spec.tls ?? []).map(({ hosts = [], secretName }) => {
    const secret = secretOf(secretName);
    return { hosts, ...(secret === undefined ? {} : { secret }) };
  });
  return {
    ingress: {
      namespace,
      name,
      createdAtMs: Date.parse(creationTimestamp),
      // A rule without paths sends all of its host to the default backend.
      rules: paths,
      ...(spec.defaultBackend === undefined ? {} : { defaultBackend: backendOf(spec.defaultBackend) }),
      tls,
      options,
    },
    secrets: [...new Set(tls.flatMap(({ secret }) => secret ?? []))],
    problems,
  };
}

function pathProblem({ path, kind }: IngressPath): string | undefined {
  if (path.length > MAX_PATH) return `it is longer than ${MAX_PATH} characters`;
  if (CONTROL.test(path)) return 'it has control characters';
  if (kind !== 'Regex') return undefined;
  if (!REGEX.test(path)) return 'as a regular expression it may not have such characters';
  try {
    new RegExp(path);
    return undefined;
  } catch {
    return 'it is no regular expression';
  }
}
