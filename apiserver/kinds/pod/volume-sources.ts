import type {
  AzureFileVolumeSource,
  ConfigMapVolumeSource,
  DownwardAPIVolumeFile,
  DownwardAPIVolumeSource,
  EmptyDirVolumeSource,
  HostPathVolumeSource,
  KeyToPath,
  NFSVolumeSource,
  ProjectedVolumeSource,
  SecretVolumeSource,
  ServiceAccountTokenProjection,
} from 'kubernetes-types/core/v1';
import { parseQuantity } from '../../../shared/quantity';
import type { StatusCause } from '../../../shared/status-error';
import {
  each,
  forbiddenField,
  invalidValue,
  oneOfIfSet,
  required,
  requiredName,
  when,
} from '../validation/field-errors';
import { driverNameProblems } from '../storage/driver-name';
import { claimSpecProblems } from '../storage/claim-spec';
import { noBacksteps, notReservedPath } from './local-paths';
import { fieldRefProblems, resourceFieldProblems } from './validate-env';

const HOST_PATH_TYPES = [
  '',
  'BlockDevice',
  'CharDevice',
  'Directory',
  'DirectoryOrCreate',
  'File',
  'FileOrCreate',
  'Socket',
];
const MAX_MODE = 0o777;
const TOKEN_SECONDS = { least: 600, most: 2 ** 32 };
const FILE_FIELDS = ['metadata.annotations', 'metadata.labels', 'metadata.name', 'metadata.namespace', 'metadata.uid'];

type Check = (source: never, path: string) => readonly StatusCause[];

/** Sources of which only that something must be said is checked: those of other people's clouds. */
const needs =
  (...fields: readonly string[]): Check =>
  (source: Readonly<Record<string, unknown>>, path: string) =>
    fields.filter((field) => isEmpty(source[field])).map((field) => required(`${path}.${field}`));
const isEmpty = (value: unknown): boolean =>
  value === undefined || value === '' || (Array.isArray(value) && value.length === 0);

/** What a volume may be made of, in the order in which Kubernetes looks: the first one counts, others are refused. */
const SOURCES: Readonly<Record<string, Check>> = {
  emptyDir: ({ sizeLimit }: EmptyDirVolumeSource, path: string) =>
    when(
      sizeLimit !== undefined && parseQuantity(sizeLimit).nanos < 0n,
      forbiddenField(`${path}.sizeLimit`, 'SizeLimit field must be a valid resource quantity'),
    ),
  hostPath: ({ path: hostPath = '', type }: HostPathVolumeSource, path: string) =>
    hostPath === ''
      ? [required(`${path}.path`)]
      : [...noBacksteps(`${path}.path`, hostPath), ...oneOfIfSet(`${path}.type`, type, HOST_PATH_TYPES)],
  gitRepo: needs('repository'),
  gcePersistentDisk: needs('pdName'),
  awsElasticBlockStore: needs('volumeID'),
  glusterfs: needs('endpoints', 'path'),
  flocker: () => [],
  secret: ({ secretName, ...source }: SecretVolumeSource, path: string) => [
    ...requiredName(`${path}.secretName`, secretName),
    ...filesProblems(source, path),
  ],
  nfs: ({ server, path: exported = '' }: NFSVolumeSource, path: string) => [
    ...requiredName(`${path}.server`, server),
    ...requiredName(`${path}.path`, exported),
    ...when(!exported.startsWith('/'), invalidValue(`${path}.path`, exported, 'must be an absolute path')),
  ],
  rbd: needs('monitors', 'image'),
  quobyte: needs('registry', 'volume'),
  cephfs: needs('monitors'),
  iscsi: needs('targetPortal', 'iqn'),
  persistentVolumeClaim: needs('claimName'),
  cinder: needs('volumeID'),
  downwardAPI: ({ defaultMode, items }: DownwardAPIVolumeSource, path: string) => [
    ...modeProblems(`${path}.defaultMode`, defaultMode),
    ...(items ?? []).flatMap((item) => downwardFileProblems(item, path)),
  ],
  fc: (
    { targetWWNs = [], wwids = [], lun }: { targetWWNs?: string[]; wwids?: string[]; lun?: number },
    path: string,
  ) => [
    ...when(
      targetWWNs.length + wwids.length === 0,
      required(`${path}.targetWWNs`, 'must specify either targetWWNs or wwids, but not both'),
    ),
    ...when(
      targetWWNs.length > 0 && wwids.length > 0,
      invalidValue(`${path}.targetWWNs`, targetWWNs, 'targetWWNs and wwids can not be specified simultaneously'),
    ),
    ...when(
      targetWWNs.length > 0 && lun === undefined,
      required(`${path}.lun`, 'lun is required if targetWWNs is specified'),
    ),
  ],
  flexVolume: needs('driver'),
  configMap: ({ name, ...source }: ConfigMapVolumeSource, path: string) => [
    ...requiredName(`${path}.name`, name),
    ...filesProblems(source, path),
  ],
  azureFile: ({ secretName, shareName }: AzureFileVolumeSource, path: string) => [
    ...requiredName(`${path}.secretName`, secretName),
    ...requiredName(`${path}.shareName`, shareName),
  ],
  vsphereVolume: needs('volumePath'),
  photonPersistentDisk: needs('pdID'),
  portworxVolume: needs('volumeID'),
  azureDisk: needs('diskName', 'diskURI'),
  storageos: needs('volumeName'),
  projected: ({ defaultMode, sources }: ProjectedVolumeSource, path: string) => [
    ...modeProblems(`${path}.defaultMode`, defaultMode),
    ...projectionProblems(sources, path),
  ],
  scaleIO: needs('gateway', 'system', 'volumeName'),
  local: ({ path: local = '' }: { path?: string }, path: string) =>
    local === '' ? [required(`${path}.path`)] : noBacksteps(`${path}.path`, local),
  csi: ({ driver = '', volumeHandle }: { driver?: string; volumeHandle?: string }, path: string) => [
    ...driverNameProblems(`${path}.driver`, driver),
    // Only a PersistentVolume names a volume that is there.
    ...when(path === 'spec.csi' && (volumeHandle ?? '') === '', required(`${path}.volumeHandle`)),
  ],
  ephemeral: ({ volumeClaimTemplate: template }: { volumeClaimTemplate?: { spec?: object } }, path: string) =>
    template === undefined
      ? [required(`${path}.volumeClaimTemplate`)]
      : claimSpecProblems(template.spec ?? {}, `${path}.volumeClaimTemplate.spec`),
  image: ({ reference }: { reference?: string }, path: string) => requiredName(`${path}.reference`, reference),
};

/** What is wrong with where a volume, of a pod or a PersistentVolume, comes from. */
export function sourceProblems(volume: object, path: string): readonly StatusCause[] {
  const given = Object.entries(SOURCES).filter(([name]) => (volume as Fields)[name] !== undefined);
  if (given.length === 0) return [required(path, 'must specify a volume type')];
  return given.flatMap(([name, check], index) =>
    index === 0
      ? check((volume as Fields)[name] as never, `${path}.${name}`)
      : [forbiddenField(`${path}.${name}`, 'may not specify more than 1 volume type')],
  );
}

type Fields = Readonly<Record<string, unknown>>;

const modeProblems = (path: string, mode: number | undefined): readonly StatusCause[] =>
  when(
    mode !== undefined && (mode < 0 || mode > MAX_MODE),
    invalidValue(path, mode, 'must be a number between 0 and 0777 (octal), both inclusive'),
  );

const filesProblems = (
  { defaultMode, items }: { defaultMode?: number; items?: KeyToPath[] },
  path: string,
): readonly StatusCause[] => [
  ...modeProblems(`${path}.defaultMode`, defaultMode),
  ...each(`${path}.items`, items, fileProblems),
];

const fileProblems = ({ key, path = '', mode }: KeyToPath, at: string): readonly StatusCause[] => [
  ...requiredName(`${at}.key`, key),
  ...requiredName(`${at}.path`, path),
  ...notReservedPath(`${at}.path`, path),
  ...modeProblems(`${at}.mode`, mode),
];

const downwardFileProblems = (
  { path = '', fieldRef, resourceFieldRef, mode }: DownwardAPIVolumeFile,
  at: string,
): readonly StatusCause[] => [
  ...requiredName(`${at}.path`, path),
  ...notReservedPath(`${at}.path`, path),
  ...(fieldRef === undefined ? [] : fieldRefProblems(`${at}.fieldRef`, fieldRef, FILE_FIELDS)),
  ...when(
    fieldRef !== undefined && resourceFieldRef !== undefined,
    invalidValue(at, 'resource', 'fieldRef and resourceFieldRef can not be specified simultaneously'),
  ),
  ...(fieldRef !== undefined || resourceFieldRef === undefined
    ? []
    : resourceFieldProblems(`${at}.resourceFieldRef`, resourceFieldRef, { isFile: true })),
  ...when(
    fieldRef === undefined && resourceFieldRef === undefined,
    required(at, 'one of fieldRef and resourceFieldRef is required'),
  ),
  ...modeProblems(`${at}.mode`, mode),
];

/** Files of several sources lie in one directory: each has a path of its own. */
function projectionProblems(sources: ProjectedVolumeSource['sources'], path: string): readonly StatusCause[] {
  const taken = new Set<string>();
  const unique = (file: string, shown = file): readonly StatusCause[] => {
    const isAgain = file !== '' && taken.has(file);
    taken.add(file);
    return when(isAgain, invalidValue(path, shown, 'conflicting duplicate paths'));
  };
  return each(`${path}.sources`, sources, (source, at) => [
    ...(['secret', 'configMap'] as const).flatMap((name) => {
      const projected = source[name];
      if (projected === undefined) return [];
      return [
        ...requiredName(`${at}.${name}.name`, projected.name),
        ...each(`${at}.${name}.items`, projected.items, (item, where) => [
          ...fileProblems(item, where),
          ...unique(item.path ?? '', projected.name),
        ]),
      ];
    }),
    ...(source.downwardAPI?.items ?? []).flatMap((item) => [
      ...downwardFileProblems(item, `${at}.downwardAPI`),
      ...unique(item.path ?? ''),
    ]),
    ...(source.serviceAccountToken === undefined
      ? []
      : tokenProblems(source.serviceAccountToken, { at: `${at}.serviceAccountToken`, path })),
    ...when(Object.keys(source).length > 1, forbiddenField(at, 'may not specify more than 1 volume type per source')),
  ]);
}

function tokenProblems(
  { expirationSeconds: seconds = TOKEN_SECONDS.least, path: file = '' }: ServiceAccountTokenProjection,
  { at, path }: { readonly at: string; readonly path: string },
): readonly StatusCause[] {
  const field = `${at}.expirationSeconds`;
  return [
    ...when(
      seconds < TOKEN_SECONDS.least,
      invalidValue(field, seconds, 'may not specify a duration less than 10 minutes'),
    ),
    ...when(
      seconds > TOKEN_SECONDS.most,
      invalidValue(field, seconds, 'may not specify a duration larger than 2^32 seconds'),
    ),
    ...(file === '' ? [required(`${path}.path`)] : notReservedPath(`${path}.path`, file)),
  ];
}
