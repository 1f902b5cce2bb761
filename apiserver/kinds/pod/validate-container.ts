import type { Container, Volume } from '../../../shared/api/objects';
import { isDns1123Label, isPortName } from '../../../shared/names';
import type { StatusCause } from '../../../shared/status-error';
import { duplicate, each, invalidValue, oneOf, required, requiredName, when } from '../validation/field-errors';
import { portRange } from '../validation/numbers';
import { envFromProblems, envProblems } from './validate-env';
import { mountProblems } from './validate-mounts';
import { resourceProblems } from './validate-resources';
import { containerSecurityProblems } from './validate-security';

export interface ContainerContext {
  /** Those of the pod with which nothing is wrong. */
  readonly volumes: ReadonlyMap<string, Volume>;
  /** The pod's. */
  readonly restartPolicy: string | undefined;
  readonly hasOwnUsers: boolean;
}

export const PULL_POLICIES = ['Always', 'IfNotPresent', 'Never'];
const MESSAGE_POLICIES = ['File', 'FallbackToLogsOnError'];
const PROTOCOLS = ['SCTP', 'TCP', 'UDP'];

/** What is the same for containers of every sort. */
export const validateContainer = (
  container: Container,
  path: string,
  context: ContainerContext,
): readonly StatusCause[] => [
  ...requiredName(`${path}.name`, container.name, isDns1123Label),
  ...requiredName(`${path}.image`, container.image),
  ...oneOf(`${path}.terminationMessagePolicy`, container.terminationMessagePolicy, MESSAGE_POLICIES),
  ...portProblems(container, `${path}.ports`),
  ...each(`${path}.env`, container.env, envProblems),
  ...envFromProblems(`${path}.envFrom`, container.envFrom),
  ...mountProblems(container, path, context.volumes),
  ...oneOf(`${path}.imagePullPolicy`, container.imagePullPolicy, PULL_POLICIES),
  ...resourceProblems(container, path, context.restartPolicy),
  ...containerSecurityProblems(container.securityContext, `${path}.securityContext`, context),
];

/** Of a pod's own containers, not of a template's: those have been stored with blanks around their images. */
export const imageProblems = ({ image = '' }: Pick<Container, 'image'>, path: string): readonly StatusCause[] =>
  when(image !== image.trim(), invalidValue(`${path}.image`, image, 'must not have leading or trailing whitespace'));

function portProblems({ ports }: Container, field: string): readonly StatusCause[] {
  const names = new Set<string>();
  return each(field, ports, ({ name = '', containerPort = 0, hostPort = 0, protocol }, at) => {
    const problems = name === '' ? [] : isPortName(name);
    const isAgain = problems.length === 0 && name !== '' && names.has(name);
    names.add(name);
    return [
      ...problems.map((problem) => invalidValue(`${at}.name`, name, problem)),
      ...when(isAgain, duplicate(`${at}.name`, name)),
      ...(containerPort === 0 ? [required(`${at}.containerPort`)] : portRange(`${at}.containerPort`, containerPort)),
      ...(hostPort === 0 ? [] : portRange(`${at}.hostPort`, hostPort)),
      ...oneOf(`${at}.protocol`, protocol, PROTOCOLS),
    ];
  });
}

/** Containers that run at the same time cannot have the same port of the host. */
export function hostPortProblems(field: string, containers: readonly Container[]): readonly StatusCause[] {
  const seen = new Set<string>();
  return each(field, containers, ({ ports }, path) =>
    each(`${path}.ports`, ports, ({ hostPort = 0, hostIP = '', protocol = '' }, at) => {
      const id = `${protocol}/${hostIP}/${hostPort}`;
      const isAgain = hostPort !== 0 && seen.has(id);
      seen.add(id);
      return when(isAgain, duplicate(`${at}.hostPort`, id));
    }),
  );
}
