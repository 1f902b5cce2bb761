import type { DeleteOptions } from '../../shared/api/objects';
import type { StatusCause } from '../../shared/status-error';
import { badRequest, invalid } from '../../shared/status-error';
import { invalidValue, notSupported } from '../kinds/validation/field-errors';
import type { Decoder } from '../openapi/decode';
import type { DeleteQuery } from '../registry/registry';
import { flagOf, integerOf } from '../streaming/query-options';
import { readObject } from './read-object';
import type { ResourceRequest } from './resource-request';
import { isDryRun } from './request-options';

const TYPE = {
  group: 'meta.k8s.io',
  version: 'v1',
  kind: 'DeleteOptions',
  schema: 'io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions',
} as const;
const POLICIES = ['Foreground', 'Background', 'Orphan'] as const;

/** `cascades`: the client says so by the former `orphanDependents: false`, and is to be told where the object is not gone yet. */
export type AskedDeletion = DeleteQuery & { readonly cascades?: true };

/** How objects are to be deleted: by the body's DeleteOptions, else by the query. Throws BadRequest and Invalid. */
export async function deleteQuery(
  decoder: Decoder,
  { request, query, user, annotate }: ResourceRequest,
): Promise<AskedDeletion> {
  const options = decodeOptions(decoder, await readObject(request));
  const gracePeriodSeconds = options.gracePeriodSeconds ?? integerOf(query, 'gracePeriodSeconds');
  const orphans =
    options.orphanDependents ?? (query.has('orphanDependents') ? flagOf(query, 'orphanDependents') : undefined);
  const policy = policyOf(options.propagationPolicy ?? query.get('propagationPolicy') ?? undefined, orphans);
  const { uid, resourceVersion } = options.preconditions ?? {};
  return {
    user,
    ...(annotate === undefined ? {} : { annotate }),
    ...(isDryRun(request.method, options.dryRun ?? query.getAll('dryRun')) ? { dryRun: true } : {}),
    ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
    ...(policy === undefined ? {} : { propagationPolicy: policy }),
    ...(orphans === false ? { cascades: true } : {}),
    preconditions: {
      ...(uid === undefined ? {} : { uid }),
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
    },
  };
}

/** DeleteOptions are a type of every group, so that any group's version of them will do. */
function decodeOptions(decoder: Decoder, body: Parameters<Decoder['decode']>[1]): DeleteOptions {
  const { kind = '' } = body as { readonly kind?: unknown };
  if (kind !== '' && kind !== TYPE.kind) throw badRequest('decoded object cannot be converted to DeleteOptions');
  return decoder.decode(TYPE, body).object as DeleteOptions;
}

function policyOf(policy: string | undefined, orphans: boolean | undefined): DeleteQuery['propagationPolicy'] {
  const known = POLICIES.find((each) => each === policy);
  const problems: readonly StatusCause[] = [
    ...(policy !== undefined && orphans !== undefined
      ? [invalidValue('propagationPolicy', policy, 'orphanDependents and deletionPropagation cannot be both set')]
      : []),
    ...(policy !== undefined && known === undefined
      ? [notSupported('propagationPolicy', policy, [...POLICIES, 'nil'])]
      : []),
  ];
  if (problems.length > 0) throw invalid(TYPE, '', problems);
  return known ?? (orphans === undefined ? undefined : orphans ? 'Orphan' : 'Background');
}
