import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { LogLevel } from '../shared/logger';
import yargs from 'yargs';
import type { Threshold } from './eviction/thresholds';
import type { DiskThresholds } from './images/image-care';
import type { ImagePolicy } from './images/image-policy';
import type { LogRotation } from './runtime/runtime';
import { durationMsOf } from '../shared/go-duration';
import { isQuantity, unitsOf } from '../shared/quantity';
import { DEFAULT_EVICTION_HARD, ThresholdError, parseThresholds } from './eviction/thresholds';

/** Everything an agent is told from outside, complete and checked. */
export interface KubeletConfig {
  /** Tried in turn. */
  readonly serverUrls: readonly string[];
  /** Needed for the first join only. */
  readonly joinToken?: string;
  readonly nodeName: string;
  /** The address other machines reach this one by; found by itself where absent. */
  readonly nodeIp?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly dataDir: string;
  /** Under which names of the cluster stand. */
  readonly clusterDomain: string;
  /** Path of the engine's socket. */
  readonly dockerSocket: string;
  /** Whether this node serves Ingresses. */
  readonly ingress: boolean;
  readonly ingressHttpPort: number;
  readonly ingressHttpsPort: number;
  /** Of the proxy that serves them: an nginx. */
  readonly ingressImage: string;
  readonly maxPods: number;
  /** Processes one container may have. */
  readonly podPidsLimit: number;
  /** What must be left of the node's resources; with less, pods are evicted. */
  readonly evictionHard: readonly Threshold[];
  /** Sysctls that pods may set beside the safe ones, by name or with a `*` at the end. */
  readonly allowedUnsafeSysctls: readonly string[];
  /** Of each container's log, in the engine: how large one file grows, and how many there are. */
  readonly containerLogs: LogRotation;
  readonly imagePolicy: ImagePolicy;
  readonly imageThresholds: DiskThresholds;
  /** Whether this node stops pods of StatefulSets when it is without its server for too long. */
  readonly fences: boolean;
  readonly logLevel: LogLevel;
  readonly logFormat: 'json' | 'text';
}

export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
}

const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;
const NODE_NAME = /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/;

/** Reads the flags. Throws ConfigurationError with what is wrong and how it should be. */
export function parseConfig(
  argv: readonly string[],
  host: { readonly hostname: string; readonly isTerminal: boolean; readonly cwd: string },
): KubeletConfig {
  const flags = yargs([...argv])
    .scriptName('kubelet')
    .usage(
      '$0 --server URL --token-file FILE\n\nRuns the pods that a Pinsetter server assigns to this machine, on its Docker engine.',
    )
    .option('server', {
      type: 'string',
      array: true,
      demandOption: true,
      describe: 'https URL of a server; repeatable',
    })
    .option('token', { type: 'string', describe: 'join token, needed the first time only' })
    .option('token-file', { type: 'string', describe: 'file that holds the join token' })
    .option('node-name', { type: 'string', default: host.hostname.toLowerCase(), describe: 'name of this node' })
    .option('node-ip', { type: 'string', describe: 'address of this node, where the one found is not the right one' })
    .option('node-label', { type: 'string', array: true, default: [], describe: 'key=value, repeatable' })
    .option('data-dir', {
      type: 'string',
      default: '/var/lib/pinsetter-agent',
      describe: 'credential, volumes, assigned pods',
    })
    .option('cluster-domain', {
      type: 'string',
      default: 'cluster.local',
      describe: 'under which names of the cluster stand',
    })
    .option('docker-host', { type: 'string', default: 'unix:///var/run/docker.sock', describe: "the engine's socket" })
    .option('ingress', {
      type: 'boolean',
      default: true,
      describe: 'serve Ingresses; --no-ingress leaves it to others',
    })
    .option('ingress-http-port', { type: 'number', default: 80, describe: 'where Ingresses are served by HTTP' })
    .option('ingress-https-port', { type: 'number', default: 443, describe: 'where Ingresses are served by HTTPS' })
    .option('ingress-image', {
      type: 'string',
      default: 'nginx:stable',
      describe: 'image of nginx, which serves Ingresses; runs only where there are any',
    })
    .option('max-pods', { type: 'number', default: 110, describe: 'pods this node takes' })
    .option('pod-pids-limit', { type: 'number', default: 4096, describe: 'processes one container may have' })
    .option('eviction-hard', {
      type: 'string',
      default: DEFAULT_EVICTION_HARD,
      describe: 'what must be left on this node, else pods are evicted',
    })
    .option('allowed-unsafe-sysctls', {
      type: 'string',
      array: true,
      default: [],
      describe: 'sysctls that pods may set beside the safe ones, comma-separated; a * at the end stands for anything',
    })
    .option('container-log-max-size', {
      type: 'string',
      default: '10Mi',
      describe: 'from which size on the log of a container is rotated',
    })
    .option('container-log-max-files', {
      type: 'number',
      default: 5,
      describe: 'files that the log of a container has at most',
    })
    .option('image-gc-high-threshold', {
      type: 'number',
      default: 85,
      describe: 'percent of the disk: fuller than this, unused images are removed; 100: never',
    })
    .option('image-gc-low-threshold', {
      type: 'number',
      default: 80,
      describe: 'percent of the disk: until it is no fuller, unused images are removed',
    })
    .option('minimum-image-ttl-duration', {
      type: 'string',
      default: '2m',
      describe: 'an image that was pulled so lately stays',
    })
    .option('image-gc-keep-last', {
      type: 'number',
      default: 0,
      describe: 'images that stay of each repository, the last used ones',
    })
    .option('image-pin', {
      type: 'string',
      array: true,
      default: [],
      describe: 'an image that always stays, repeatable; a * at the end stands for anything',
    })
    .option('fence', {
      type: 'boolean',
      default: true,
      describe: 'stop pods of StatefulSets when the server is away for as long as it said, so that it may replace them',
    })
    .option('log-level', { choices: LOG_LEVELS, default: 'info' as const })
    .option('log-format', { choices: ['json', 'text'] as const, describe: 'text on a terminal, else json' })
    .conflicts('token', 'token-file')
    .strict()
    .fail((message, error) => {
      throw error instanceof ConfigurationError ? error : new ConfigurationError(message);
    })
    .parseSync();

  const joinToken = flags.token ?? (flags['token-file'] === undefined ? undefined : readToken(flags['token-file']));
  const nodeIp = flags['node-ip'];
  return {
    serverUrls: flags.server.map(checkServer),
    ...(joinToken === undefined ? {} : { joinToken }),
    nodeName: checkNodeName(flags['node-name']),
    ...(nodeIp === undefined ? {} : { nodeIp }),
    labels: Object.fromEntries(flags['node-label'].map(parseLabel)),
    dataDir: path.resolve(host.cwd, flags['data-dir']),
    clusterDomain: flags['cluster-domain'],
    dockerSocket: socketOf(flags['docker-host']),
    ingress: flags.ingress,
    ingressHttpPort: checkPort('ingress-http-port', flags['ingress-http-port']),
    ingressHttpsPort: checkPort('ingress-https-port', flags['ingress-https-port']),
    ingressImage: flags['ingress-image'],
    maxPods: checkCount('max-pods', flags['max-pods']),
    podPidsLimit: checkCount('pod-pids-limit', flags['pod-pids-limit']),
    evictionHard: checkThresholds(flags['eviction-hard']),
    allowedUnsafeSysctls: flags['allowed-unsafe-sysctls'].flatMap((names) => names.split(',')),
    containerLogs: {
      maxBytes: checkBytes('container-log-max-size', flags['container-log-max-size']),
      maxFiles: checkLogFiles(flags['container-log-max-files']),
    },
    imagePolicy: {
      minimumAgeMs: checkDuration('minimum-image-ttl-duration', flags['minimum-image-ttl-duration']),
      keepPerRepository: checkWhole('image-gc-keep-last', flags['image-gc-keep-last']),
      pins: flags['image-pin'],
    },
    imageThresholds: checkImageThresholds(flags['image-gc-high-threshold'], flags['image-gc-low-threshold']),
    fences: flags.fence,
    logLevel: flags['log-level'],
    logFormat: flags['log-format'] ?? (host.isTerminal ? 'text' : 'json'),
  };
}

/** Absent where the file is: a node that has joined no longer needs its token. */
function readToken(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return undefined;
  }
}

function checkServer(text: string): string {
  if (!URL.canParse(text) || new URL(text).protocol !== 'https:')
    throw new ConfigurationError(`--server ${text}: must be an https URL such as https://192.0.2.10:6443`);
  return text;
}

function checkNodeName(name: string): string {
  if (name.length > 253 || !NODE_NAME.test(name))
    throw new ConfigurationError(`--node-name ${name}: lower-case letters, digits, "-" and "." only`);
  return name;
}

function parseLabel(text: string): [string, string] {
  const [key = '', ...value] = text.split('=');
  if (key === '' || value.length === 0) throw new ConfigurationError(`--node-label ${text}: must be key=value`);
  return [key, value.join('=')];
}

function socketOf(dockerHost: string): string {
  if (!dockerHost.startsWith('unix://'))
    throw new ConfigurationError(`--docker-host ${dockerHost}: must be a unix:// socket of this machine`);
  return dockerHost.slice('unix://'.length);
}

function checkThresholds(text: string): readonly Threshold[] {
  try {
    return parseThresholds(text);
  } catch (error) {
    if (!(error instanceof ThresholdError)) throw error;
    throw new ConfigurationError(`--eviction-hard: ${error.message}`, { cause: error });
  }
}

function checkImageThresholds(highPercent: number, lowPercent: number): DiskThresholds {
  for (const [flag, value] of [
    ['image-gc-high-threshold', highPercent],
    ['image-gc-low-threshold', lowPercent],
  ] as const)
    if (!Number.isInteger(value) || value < 0 || value > 100)
      throw new ConfigurationError(`--${flag} ${value}: must be from 0 to 100`);
  if (lowPercent >= highPercent)
    throw new ConfigurationError(
      `--image-gc-low-threshold ${lowPercent}: must be below --image-gc-high-threshold (${highPercent})`,
    );
  return { highPercent, lowPercent };
}

function checkBytes(flag: string, text: string): number {
  const bytes = isQuantity(text) ? unitsOf(text) : 0;
  if (!Number.isInteger(bytes) || bytes <= 0)
    throw new ConfigurationError(`--${flag} ${text}: must be a quantity of bytes above 0, as 10Mi`);
  return bytes;
}

/** One file that is being written, and one that was. */
function checkLogFiles(count: number): number {
  if (!Number.isInteger(count) || count <= 1)
    throw new ConfigurationError(`--container-log-max-files ${count}: must be a whole number above 1`);
  return count;
}

function checkDuration(flag: string, text: string): number {
  const milliseconds = durationMsOf(text);
  if (milliseconds === undefined)
    throw new ConfigurationError(`--${flag} ${text}: must be a duration such as 90s, 2m or 1h30m`);
  return milliseconds;
}

function checkWhole(flag: string, value: number): number {
  if (!Number.isInteger(value) || value < 0) throw new ConfigurationError(`--${flag} ${value}: must be a whole number`);
  return value;
}

function checkPort(flag: string, value: number): number {
  if (checkCount(flag, value) > 65_535) throw new ConfigurationError(`--${flag} ${value}: must be at most 65535`);
  return value;
}

function checkCount(flag: string, value: number): number {
  if (!Number.isInteger(value) || value < 1)
    throw new ConfigurationError(`--${flag} ${value}: must be a whole number above 0`);
  return value;
}
