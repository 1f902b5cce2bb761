import type { Container, LifecycleHandler, Probe } from '../../../shared/api/objects';
import { isHeaderName, isPortName } from '../../../shared/names';
import type { StatusCause } from '../../../shared/status-error';
import {
  checkName,
  forbiddenField,
  invalidValue,
  oneOfIfSet,
  required,
  requiredName,
  when,
} from '../validation/field-errors';
import { notNegative, portRange } from '../validation/numbers';

const COUNTS = [
  'initialDelaySeconds',
  'timeoutSeconds',
  'periodSeconds',
  'successThreshold',
  'failureThreshold',
] as const;
const HANDLERS = ['exec', 'httpGet', 'tcpSocket', 'grpc', 'sleep'] as const;
type Handler = Pick<Probe, 'exec' | 'httpGet' | 'tcpSocket' | 'grpc'> & { readonly sleep?: unknown };

export interface HandlerContext {
  /** It is an init container that ends, which has none. */
  readonly runsOnce: boolean;
  /** So long a pod has to end; absent: nobody knows. */
  readonly graceSeconds?: number | undefined;
}

/** What a container's probes and hooks do. */
export function handlerProblems(
  container: Container,
  path: string,
  { runsOnce, graceSeconds }: HandlerContext,
): readonly StatusCause[] {
  const { livenessProbe, readinessProbe, startupProbe, lifecycle } = container;
  const once = (field: string, check: () => readonly StatusCause[]): readonly StatusCause[] =>
    runsOnce
      ? [forbiddenField(`${path}.${field}`, 'may not be set for init containers without restartPolicy=Always')]
      : check();
  return [
    ...(lifecycle === undefined
      ? []
      : once('lifecycle', () => lifecycleProblems(lifecycle, `${path}.lifecycle`, graceSeconds))),
    ...Object.entries({ livenessProbe, readinessProbe, startupProbe }).flatMap(([name, probe]) =>
      probe === undefined ? [] : once(name, () => probeProblems(probe, `${path}.${name}`, name === 'readinessProbe')),
    ),
  ];
}

function lifecycleProblems(
  { postStart, preStop }: NonNullable<Container['lifecycle']>,
  path: string,
  graceSeconds: number | undefined,
): readonly StatusCause[] {
  const check = (field: string, handler: LifecycleHandler | undefined): readonly StatusCause[] =>
    handler === undefined
      ? []
      : [...actionProblems(handler, `${path}.${field}`), ...sleepProblems(handler, `${path}.${field}`, graceSeconds)];
  return [...check('postStart', postStart), ...check('preStop', preStop)];
}

/** A hook does not sleep longer than its pod has to end. */
function sleepProblems(handler: Handler, path: string, graceSeconds: number | undefined): readonly StatusCause[] {
  const { seconds = 0 } = (handler.sleep ?? {}) as { readonly seconds?: number };
  if (handler.sleep === undefined || graceSeconds === undefined || (seconds >= 0 && seconds <= graceSeconds)) return [];
  const why = `must be non-negative and less than terminationGracePeriodSeconds (${graceSeconds})`;
  return [invalidValue(`${path}.sleep`, seconds, why)];
}

function probeProblems(probe: Probe, path: string, isReadiness: boolean): readonly StatusCause[] {
  const { terminationGracePeriodSeconds: grace, successThreshold } = probe;
  return [
    ...actionProblems(probe, path),
    ...COUNTS.flatMap((name) => notNegative(`${path}.${name}`, probe[name])),
    ...when(
      grace !== undefined && grace <= 0,
      invalidValue(`${path}.terminationGracePeriodSeconds`, grace, 'must be greater than 0'),
    ),
    ...when(
      isReadiness && grace !== undefined,
      invalidValue(`${path}.terminationGracePeriodSeconds`, grace, 'must not be set for readinessProbes'),
    ),
    ...when(
      !isReadiness && (successThreshold ?? 1) !== 1,
      invalidValue(`${path}.successThreshold`, successThreshold, 'must be 1'),
    ),
  ];
}

/** Exactly one of the things that can be done: the first counts, others are refused where they stand. */
function actionProblems(handler: Handler, path: string): readonly StatusCause[] {
  const [first, ...others] = HANDLERS.filter((name) => handler[name] !== undefined);
  if (first === undefined) return [required(path, 'must specify a handler type')];
  return [
    ...oneActionProblems(handler, first, path),
    ...others.map((name) => forbiddenField(`${path}.${name}`, 'may not specify more than 1 handler type')),
  ];
}

function oneActionProblems(
  { exec, httpGet, tcpSocket, grpc }: Handler,
  name: (typeof HANDLERS)[number],
  path: string,
): readonly StatusCause[] {
  const at = `${path}.${name}`;
  switch (name) {
    case 'exec':
      return when((exec?.command ?? []).length === 0, required(`${at}.command`));
    case 'httpGet':
      return [
        ...requiredName(`${at}.path`, httpGet?.path),
        ...handlerPort(`${at}.port`, httpGet?.port),
        ...oneOfIfSet(`${at}.scheme`, httpGet?.scheme ?? '', ['HTTP', 'HTTPS']),
        ...(httpGet?.httpHeaders ?? []).flatMap(({ name }) => checkName(`${at}.httpHeaders`, name, isHeaderName)),
      ];
    case 'tcpSocket':
      return handlerPort(`${at}.port`, tcpSocket?.port);
    case 'grpc':
      return portRange(`${at}.port`, grpc?.port ?? 0);
    case 'sleep':
      return [];
  }
}

const handlerPort = (path: string, port: number | string = 0): readonly StatusCause[] =>
  typeof port === 'string' ? checkName(path, port, isPortName) : portRange(path, port);
