import type { Container, Volume, VolumeMount } from '../../../shared/api/objects';
import type { StatusCause } from '../../../shared/status-error';
import {
  each,
  forbiddenField,
  invalidValue,
  notFoundField,
  oneOfIfSet,
  required,
  requiredName,
  when,
} from '../validation/field-errors';
import { descendingPath, noBacksteps } from './local-paths';

const PROPAGATIONS = ['Bidirectional', 'HostToContainer', 'None'];
const RECURSIVE = ['Disabled', 'Enabled', 'IfPossible'];

/** Where a container sees which volume, as files and as devices. `volumes`: those of the pod with which nothing is wrong. */
export const mountProblems = (
  container: Container,
  path: string,
  volumes: ReadonlyMap<string, Volume>,
): readonly StatusCause[] => [
  ...fileMountProblems(container, `${path}.volumeMounts`, volumes),
  ...deviceProblems(container, `${path}.volumeDevices`, volumes),
];

function fileMountProblems(
  { volumeMounts, volumeDevices = [], securityContext }: Container,
  field: string,
  volumes: ReadonlyMap<string, Volume>,
): readonly StatusCause[] {
  const paths = new Set<string>();
  const isPrivileged = securityContext?.privileged === true;
  return each(field, volumeMounts, (mount, at) => {
    const { name = '', mountPath = '', subPath = '', subPathExpr = '', mountPropagation } = mount;
    const isAgain = paths.has(mountPath);
    paths.add(mountPath);
    const isImage = (volumes.get(name) as { readonly image?: object } | undefined)?.image !== undefined;
    const notOfImage = 'not allowed in image volume sources';
    return [
      ...requiredName(`${at}.name`, name),
      ...when(!volumes.has(name), notFoundField(`${at}.name`, name)),
      ...requiredName(`${at}.mountPath`, mountPath),
      ...when(isAgain, invalidValue(`${at}.mountPath`, mountPath, 'must be unique')),
      ...when(
        volumeDevices.some((device) => device.name === name),
        invalidValue(`${at}.name`, name, 'must not already exist in volumeDevices'),
      ),
      ...when(
        volumeDevices.some(({ devicePath }) => devicePath === mountPath),
        invalidValue(`${at}.mountPath`, mountPath, 'must not already exist as a path in volumeDevices'),
      ),
      ...when(isImage && subPath !== '', invalidValue(`${at}.subPath`, subPath, notOfImage)),
      ...when(isImage && subPathExpr !== '', invalidValue(`${at}.subPathExpr`, subPathExpr, notOfImage)),
      ...descendingPath(`${field}.subPath`, subPath),
      ...when(
        subPath !== '' && subPathExpr !== '',
        invalidValue(`${at}.subPathExpr`, subPathExpr, 'subPathExpr and subPath are mutually exclusive'),
      ),
      ...descendingPath(`${field}.subPathExpr`, subPathExpr),
      ...oneOfIfSet(`${field}.mountPropagation`, mountPropagation, PROPAGATIONS),
      ...when(
        mountPropagation === 'Bidirectional' && !isPrivileged,
        forbiddenField(
          `${field}.mountPropagation`,
          'Bidirectional mount propagation is available only to privileged containers',
        ),
      ),
      ...recursiveProblems(`${field}.recursiveReadOnly`, mount),
    ];
  });
}

function recursiveProblems(
  field: string,
  { recursiveReadOnly: recursive, readOnly, mountPropagation = 'None' }: VolumeMount & { recursiveReadOnly?: string },
): readonly StatusCause[] {
  if (recursive !== 'Enabled' && recursive !== 'IfPossible') return oneOfIfSet(field, recursive, RECURSIVE);
  return [
    ...when(readOnly !== true, forbiddenField(field, 'may only be specified when readOnly is true')),
    ...when(
      mountPropagation !== 'None',
      forbiddenField(field, 'may only be specified when mountPropagation is None or not specified'),
    ),
  ];
}

function deviceProblems(
  { volumeDevices, volumeMounts = [] }: Container,
  field: string,
  volumes: ReadonlyMap<string, Volume>,
): readonly StatusCause[] {
  const [names, paths] = [new Set<string>(), new Set<string>()];
  return each(field, volumeDevices, ({ name = '', devicePath = '' }, at) => {
    const volume = volumes.get(name);
    const isBlock = volume?.persistentVolumeClaim !== undefined || volume?.ephemeral !== undefined;
    const climbs = noBacksteps(`${at}.devicePath`, devicePath).length > 0;
    const [isNameAgain, isPathAgain] = [names.has(name), paths.has(devicePath)];
    if (name !== '') names.add(name);
    if (!climbs) paths.add(devicePath);
    return [
      ...when(name === '', required(`${at}.name`)),
      ...when(isNameAgain, invalidValue(`${at}.name`, name, 'must be unique')),
      ...when(
        volume !== undefined && !isBlock,
        invalidValue(
          `${at}.name`,
          name,
          'can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode',
        ),
      ),
      ...when(volume === undefined, notFoundField(`${at}.name`, name)),
      ...when(devicePath === '', required(`${at}.devicePath`)),
      ...when(isPathAgain, invalidValue(`${at}.devicePath`, devicePath, 'must be unique')),
      ...when(climbs, invalidValue(`${at}.devicePath`, devicePath, "can not contain backsteps ('..')")),
      ...when(
        volumeMounts.some((mount) => mount.name === name),
        invalidValue(`${at}.name`, name, 'must not already exist in volumeMounts'),
      ),
      ...when(
        volumeMounts.some(({ mountPath }) => mountPath === devicePath),
        invalidValue(`${at}.devicePath`, devicePath, 'must not already exist as a path in volumeMounts'),
      ),
    ];
  });
}
