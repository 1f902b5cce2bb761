import type { CustomResourceConversion } from 'kubernetes-types/apiextensions/v1';
import type { StoredObject } from '../../shared/api/objects';
import type { Random } from '../../shared/random';
import { StatusError } from '../../shared/status-error';
import type { WebhookClient } from '../admission/webhooks/webhook-client';
import { isFields } from './json-schema';

/** How conversion webhooks are reached. */
export interface WebhookCalls {
  readonly client: Pick<WebhookClient, 'ask'>;
  readonly random: Random;
}

/** Objects of one kind in another version, in their order. Rejects with InternalError where there is no good answer. */
export type AskConversion = (objects: readonly StoredObject[], apiVersion: string) => Promise<readonly StoredObject[]>;

const REVIEW = { apiVersion: 'apiextensions.k8s.io/v1', kind: 'ConversionReview' } as const;
const TIMEOUT_SECONDS = 30;

/** Asks the webhook of a definition, with a ConversionReview for all objects at once. */
export function createAskConversion(
  { webhook }: CustomResourceConversion,
  kind: string,
  { client, random }: WebhookCalls,
): AskConversion {
  // One object for all calls: connections are kept by it.
  const config = { clientConfig: webhook?.clientConfig ?? {}, timeoutSeconds: TIMEOUT_SECONDS };
  return async (objects, apiVersion) => {
    const [first] = objects;
    if (first === undefined) return [];
    const uid = random.uid();
    const failed = (why: string, cause?: unknown): StatusError =>
      new StatusError(
        'InternalError',
        `conversion webhook for ${first.apiVersion}, Kind=${kind} failed: ${why}`,
        undefined,
        {
          cause,
        },
      );
    const request = { uid, desiredAPIVersion: apiVersion, objects };
    let answer: unknown;
    try {
      answer = await client.ask(config, { ...REVIEW, request });
    } catch (error) {
      throw failed(error instanceof Error ? error.message : String(error), error);
    }
    const response = isFields(answer) && isFields(answer['response']) ? answer['response'] : {};
    if (response['uid'] !== uid) throw failed(`expected response.uid=${JSON.stringify(uid)}`);
    const result = isFields(response['result']) ? response['result'] : {};
    if (result['status'] !== 'Success')
      throw failed(String(result['message'] ?? 'response.result.status is not Success'));
    const converted = response['convertedObjects'];
    if (!Array.isArray(converted) || converted.length !== objects.length)
      throw failed(
        `expected ${objects.length} converted objects, got ${Array.isArray(converted) ? converted.length : 0}`,
      );
    return objects.map((object, index) => {
      const problem = problemOf(converted[index], object, apiVersion);
      if (problem !== undefined) throw failed(`invalid converted object at index ${index}: ${problem}`);
      return withOwnMetadata(converted[index] as StoredObject, object);
    });
  };
}

/** What a webhook must keep to: it converts, and makes no other object of it. */
function problemOf(converted: unknown, original: StoredObject, apiVersion: string): string | undefined {
  if (!isFields(converted)) return 'it is no object';
  if (converted['apiVersion'] !== apiVersion) return `expected apiVersion ${apiVersion}`;
  if (converted['kind'] !== original.kind) return `expected kind ${original.kind}`;
  const { metadata } = converted;
  if (!isFields(metadata)) return 'metadata is missing';
  return (['name', 'namespace', 'uid'] as const)
    .filter((field) => metadata[field] !== original.metadata[field])
    .map((field) => `metadata.${field} must not change`)[0];
}

/** Of metadata only labels and annotations may be converted. */
function withOwnMetadata(converted: StoredObject, { metadata }: StoredObject): StoredObject {
  const { labels: _l, annotations: _a, ...own } = metadata;
  const { labels, annotations } = converted.metadata;
  return {
    ...converted,
    metadata: {
      ...own,
      ...(labels === undefined ? {} : { labels }),
      ...(annotations === undefined ? {} : { annotations }),
    },
  };
}
