import type { ServerResponse } from 'node:http';
import { finished } from 'node:stream/promises';
import type { ContainerStatus, Pod } from '../../shared/api/objects';
import type { StatusCause } from '../../shared/status-error';
import { badRequest, invalid, isNotFound } from '../../shared/status-error';
import type { StreamRequest } from '../../shared/wire/node-channel';
import { field } from '../../shared/wire/parse-value';
import type { NodeConnector } from '../node-channel/node-connector';
import { chooseContainer } from './container-choice';
import { flagOf, integerOf } from './query-options';

type LogRequest = Extract<StreamRequest, { type: 'logs' }>;

/** GET …/pods/NAME/log. Throws a StatusError as long as nothing was sent. */
export async function sendLog(
  connector: NodeConnector,
  pod: Pod,
  query: URLSearchParams,
  response: ServerResponse,
): Promise<void> {
  const request = parseLogRequest(pod, query);
  const { nodeName } = pod.spec;
  if (nodeName === undefined || nodeName === '') {
    sendHead(response);
    response.end();
    return;
  }
  const stream = await connector.openStream(nodeName, request).catch((error: unknown) => {
    throw isNotFound(error) ? badRequest(whyNoLog(pod, request)) : error;
  });
  response.once('close', () => stream.close());
  if (response.destroyed) stream.close();
  sendHead(response);
  stream.stderr.resume();
  stream.stdout.pipe(response, { end: false });
  await finished(stream.stdout).catch(() => undefined);
  const result = await stream.result;
  // A log cut short must not look like one that ended: the client sees the broken transfer.
  if (result.status === 'Success') response.end();
  else response.destroy();
}

function sendHead(response: ServerResponse): void {
  response.writeHead(200, { 'Content-Type': 'text/plain', 'Cache-Control': 'no-cache, private' });
  response.flushHeaders();
}

/** Throws BadRequest or Invalid, worded as Kubernetes does. */
export function parseLogRequest(pod: Pod, query: URLSearchParams): LogRequest {
  const tailLines = integerOf(query, 'tailLines');
  const sinceSeconds = integerOf(query, 'sinceSeconds');
  const limitBytes = integerOf(query, 'limitBytes');
  const sinceTime = query.get('sinceTime') ?? undefined;
  if (sinceTime !== undefined && Number.isNaN(Date.parse(sinceTime)))
    throw badRequest(`parsing time ${JSON.stringify(sinceTime)}: it must be as in RFC 3339, 2026-01-31T08:00:00Z`);
  const causes: StatusCause[] = [
    ...check('tailLines', tailLines, 0, 'must be greater than or equal to 0'),
    ...check('limitBytes', limitBytes, 1, 'must be greater than 0'),
    ...check('sinceSeconds', sinceSeconds, 1, 'must be greater than 0'),
  ];
  if (sinceTime !== undefined && sinceSeconds !== undefined)
    causes.push({
      reason: 'FieldValueForbidden',
      field: 'sinceSeconds',
      message: 'Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified',
    });
  if (causes.length > 0) throw invalid({ group: '', kind: 'PodLogOptions' }, pod.metadata.name, causes);
  return {
    type: 'logs',
    podUid: pod.metadata.uid,
    container: chooseContainer(pod, query.get('container')),
    follow: flagOf(query, 'follow'),
    previous: flagOf(query, 'previous'),
    timestamps: flagOf(query, 'timestamps'),
    ...field('tailLines', tailLines),
    ...field('sinceSeconds', sinceSeconds),
    ...field('sinceTime', sinceTime),
    ...field('limitBytes', limitBytes),
  };
}

const check = (name: string, value: number | undefined, min: number, rule: string): readonly StatusCause[] =>
  value === undefined || value >= min
    ? []
    : [{ reason: 'FieldValueInvalid', field: name, message: `Invalid value: ${value}: ${rule}` }];

/** Why a container has no log, as the kubelet words it from the status it last reported. */
export function whyNoLog(pod: Pod, { container, previous }: Pick<LogRequest, 'container' | 'previous'>): string {
  const subject = `container ${JSON.stringify(container)} in pod ${JSON.stringify(pod.metadata.name)}`;
  if (previous) return `previous terminated ${subject} not found`;
  const status = statusesOf(pod).find(({ name }) => name === container);
  if (status === undefined) return `${subject} is not available`;
  if (status.state?.terminated !== undefined) return `${subject} is terminated`;
  const reason = status.state?.waiting?.reason;
  switch (reason) {
    case undefined:
      return `${subject} is waiting to start - no logs yet`;
    case 'ErrImagePull':
      return `${subject} is waiting to start: image can't be pulled`;
    case 'ImagePullBackOff':
      return `${subject} is waiting to start: trying and failing to pull image`;
    default:
      return `${subject} is waiting to start: ${reason}`;
  }
}

const statusesOf = ({ status }: Pod): readonly ContainerStatus[] => [
  ...(status?.containerStatuses ?? []),
  ...(status?.initContainerStatuses ?? []),
  ...(status?.ephemeralContainerStatuses ?? []),
];
