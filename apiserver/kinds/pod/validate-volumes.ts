import type { NFSVolumeSource, Volume } from '../../../shared/api/objects';
import { isConfigKey, isDns1123Label } from '../../../shared/names';
import type { StatusCause } from '../../../shared/status-error';
import {
  checkName,
  duplicate,
  each,
  forbiddenField,
  invalidValue,
  notSupported,
  required,
} from '../validation/field-errors';
import { localPathProblems } from './validate-container';

const HOST_PATH_TYPES = [
  '',
  'DirectoryOrCreate',
  'Directory',
  'FileOrCreate',
  'File',
  'Socket',
  'CharDevice',
  'BlockDevice',
];
const MAX_MODE = 0o777;

export function validateVolumes(volumes: readonly Volume[] | undefined): readonly StatusCause[] {
  const names = new Set<string>();
  return each('spec.volumes', volumes, (volume, path) => {
    const isAgain = names.has(volume.name);
    names.add(volume.name);
    const sources = Object.keys(volume).filter((field) => field !== 'name');
    return [
      ...((volume.name ?? '') === ''
        ? [required(`${path}.name`)]
        : checkName(`${path}.name`, volume.name, isDns1123Label)),
      ...(isAgain ? [duplicate(`${path}.name`, volume.name)] : []),
      ...sources
        .slice(1)
        .map((source) => forbiddenField(`${path}.${source}`, 'may not specify more than 1 volume type')),
      ...sourceProblems(volume, path),
    ];
  });
}

function sourceProblems(volume: Volume, path: string): readonly StatusCause[] {
  const { secret, configMap, hostPath, projected, downwardAPI, persistentVolumeClaim, nfs } = volume;
  return [
    ...(secret === undefined
      ? []
      : [
          ...((secret.secretName ?? '') === '' ? [required(`${path}.secret.secretName`)] : []),
          ...modeProblems(`${path}.secret.defaultMode`, secret.defaultMode),
          ...each(`${path}.secret.items`, secret.items, itemProblems),
        ]),
    ...(configMap === undefined
      ? []
      : [
          ...((configMap.name ?? '') === '' ? [required(`${path}.configMap.name`)] : []),
          ...modeProblems(`${path}.configMap.defaultMode`, configMap.defaultMode),
          ...each(`${path}.configMap.items`, configMap.items, itemProblems),
        ]),
    ...(hostPath === undefined
      ? []
      : [
          ...((hostPath.path ?? '') === '' ? [required(`${path}.hostPath.path`)] : []),
          ...(hostPath.path?.split('/').includes('..') === true
            ? [invalidValue(`${path}.hostPath.path`, hostPath.path, "must not contain '..'")]
            : []),
          ...(HOST_PATH_TYPES.includes(hostPath.type ?? '')
            ? []
            : [notSupported(`${path}.hostPath.type`, hostPath.type, HOST_PATH_TYPES)]),
        ]),
    ...(nfs === undefined ? [] : nfsProblems(nfs, `${path}.nfs`)),
    ...(downwardAPI === undefined ? [] : modeProblems(`${path}.downwardAPI.defaultMode`, downwardAPI.defaultMode)),
    ...each(`${path}.downwardAPI.items`, downwardAPI?.items, (item, at) => downwardProblems(item, at)),
    ...(projected === undefined ? [] : modeProblems(`${path}.projected.defaultMode`, projected.defaultMode)),
    ...each(`${path}.projected.sources`, projected?.sources, (source, at) => [
      ...(source.configMap !== undefined && (source.configMap.name ?? '') === ''
        ? [required(`${at}.configMap.name`)]
        : []),
      ...(source.secret !== undefined && (source.secret.name ?? '') === '' ? [required(`${at}.secret.name`)] : []),
      ...(Object.keys(source).length > 1 ? [forbiddenField(at, 'may not specify more than 1 volume type')] : []),
    ]),
    ...(persistentVolumeClaim !== undefined && (persistentVolumeClaim.claimName ?? '') === ''
      ? [required(`${path}.persistentVolumeClaim.claimName`)]
      : []),
  ];
}

/** Also of a PersistentVolume's. */
export const nfsProblems = ({ server, path: exported }: NFSVolumeSource, path: string): readonly StatusCause[] => [
  ...((server ?? '') === '' ? [required(`${path}.server`)] : []),
  ...((exported ?? '') === '' ? [required(`${path}.path`)] : []),
  ...((exported ?? '/').startsWith('/') ? [] : [invalidValue(`${path}.path`, exported, 'must be an absolute path')]),
];

const modeProblems = (path: string, mode: number | undefined): readonly StatusCause[] =>
  mode !== undefined && (mode < 0 || mode > MAX_MODE)
    ? [invalidValue(path, mode, 'must be a number between 0 and 0777 (octal), both inclusive')]
    : [];

function itemProblems(item: { key: string; path: string; mode?: number }, at: string): readonly StatusCause[] {
  return [
    ...((item.key ?? '') === '' ? [required(`${at}.key`)] : checkName(`${at}.key`, item.key, isConfigKey)),
    ...((item.path ?? '') === '' ? [required(`${at}.path`)] : localPathProblems(`${at}.path`, item.path)),
    ...modeProblems(`${at}.mode`, item.mode),
  ];
}

function downwardProblems(
  item: { path: string; mode?: number; fieldRef?: object; resourceFieldRef?: object },
  at: string,
): readonly StatusCause[] {
  return [
    ...((item.path ?? '') === '' ? [required(`${at}.path`)] : localPathProblems(`${at}.path`, item.path)),
    ...modeProblems(`${at}.mode`, item.mode),
    ...(item.fieldRef === undefined && item.resourceFieldRef === undefined
      ? [required(at, 'one of fieldRef and resourceFieldRef is required')]
      : []),
    ...(item.fieldRef !== undefined && item.resourceFieldRef !== undefined
      ? [invalidValue(at, 'resource', 'fieldRef and resourceFieldRef can not be specified simultaneously')]
      : []),
  ];
}
