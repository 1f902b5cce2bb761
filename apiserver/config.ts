import path from 'node:path';
import type { LogLevel } from '../shared/logger';
import yargs from 'yargs';
import type { TolerationSeconds } from './admission/default-toleration-seconds';
import { DEFAULT_TOLERATION_SECONDS } from './admission/default-toleration-seconds';
import type { OidcConfig } from './auth/oidc/oidc-authenticator';
import { OIDC_FLAGS, oidcOf } from './auth/oidc/oidc-flags';
import { ConfigurationError } from './configuration-error';
import { overlap, parseCidr } from '../shared/cidr';
import { DEFAULT_CLUSTER_CIDR } from '../shared/pod-network-traces';
import type { PodNetworkMode } from '../shared/wire/pod-network';
import { POD_NETWORK_MODES } from '../shared/wire/pod-network';
import { DEFAULT_SERVICE_IP_RANGE, IpRange } from './admission/ip-range';
import { CidrPool } from './controllers/node-ipam/cidr-pool';
import type { Level } from './admission/pod-security/levels';
import { LEVELS } from './admission/pod-security/levels';
import type { AuditConfig } from './audit/open-audit';
import type { FenceTerms } from '../shared/wire/fence';
import { DEFAULT_FENCE } from '../shared/wire/fence';
import { STREAM_FLAGS, streamMapsOf } from './ingress/stream-flags';
import type { StreamMaps } from './ingress/stream-ports';
import type { NodeApproval } from './node-channel/join';
import { NODE_APPROVALS } from './node-channel/join';

/** Everything a server is told from outside, complete and checked. */
export interface ServerConfig {
  readonly dataDir: string;
  readonly bindAddress: string;
  readonly port: number;
  /** Addresses and names that clients and agents dial, beside the local ones. The first goes into the kubeconfig. */
  readonly advertiseAddresses: readonly string[];
  readonly tokenAuthFile?: string;
  /** Requests without credentials are those of system:anonymous; else they are refused, save for the health pages. */
  readonly anonymousAuth: boolean;
  /** Whose name stands in tokens of service accounts; of the later ones tokens are only accepted. */
  readonly serviceAccountIssuers: readonly [string, ...string[]];
  /** What signs them; made where it is missing. Absent: a file in the data folder. */
  readonly serviceAccountSigningKeyFile?: string;
  /** Further keys, public or private, whose signatures are accepted. */
  readonly serviceAccountKeyFiles: readonly string[];
  /** Whom tokens are for that are meant for this API. */
  readonly apiAudiences: readonly string[];
  /** Whose ID tokens are accepted. */
  readonly oidc?: OidcConfig;
  readonly store: 'sqlite' | 'memory';
  /** What of the store is encrypted, and with which keys. */
  readonly encryption: {
    readonly keyFile: string;
    /** Make the file where it is missing. */
    readonly makesKeyFile: boolean;
    /** As `secrets`, `certificatesigningrequests.certificates.k8s.io`. */
    readonly resources: readonly string[];
  };
  readonly kubeconfigOut: string;
  readonly nodeApproval: NodeApproval;
  readonly schedulerPolicy: string;
  /** NAME=POLICY, by spec.schedulerName. */
  readonly schedulerProfiles: readonly string[];
  /** Where services get their cluster IPs from. */
  readonly serviceIpRange: IpRange;
  /** Where nodes get the addresses of their pods from. */
  readonly podCidrs: CidrPool;
  /** The way from node to node; auto: each pair takes what works. */
  readonly podNetwork: PodNetworkMode;
  /** Which ConfigMaps give plain ports to Services. */
  readonly streamMaps: StreamMaps;
  /** What namespaces enforce of their pods, and warn about, whose labels do not say. */
  readonly podSecurityDefault: Level;
  /** How long pods that say nothing about it stay on a lost node. */
  readonly tolerationSeconds: TolerationSeconds;
  /** When nodes without a server stop pods of StatefulSets; absent: never. */
  readonly fence?: FenceTerms;
  /** Absent: no audit. */
  readonly audit?: AuditConfig;
  readonly logLevel: LogLevel;
  readonly logFormat: 'json' | 'text';
}

/** Several beats: a busy machine is no lost one. */
const LEAST_FENCE_SECONDS = 10;

const DEFAULT_ISSUER = 'https://kubernetes.default.svc.cluster.local';
const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;

/** Reads the flags. Throws ConfigurationError with what is wrong and how it should be. */
export function parseConfig(
  argv: readonly string[],
  host: { readonly isTerminal: boolean; readonly cwd: string; readonly policies: readonly string[] },
): ServerConfig {
  const flags = yargs([...argv])
    .scriptName('apiserver')
    .usage('$0 --data-dir FOLDER\n\nThe control plane: API, store, scheduler and controllers in one process.')
    .option('data-dir', { type: 'string', demandOption: true, describe: 'folder for data and certificates' })
    .option('bind-address', { type: 'string', default: '127.0.0.1', describe: 'address to listen on' })
    .option('port', { type: 'number', default: 6443, describe: 'port to listen on' })
    .option('advertise-address', {
      type: 'string',
      array: true,
      default: [],
      describe: 'address or name that others dial; repeatable',
    })
    .option('token-auth-file', { type: 'string', describe: 'static tokens: lines of token,user,uid,"group1,group2"' })
    .option('anonymous-auth', {
      type: 'boolean',
      default: true,
      describe: 'take requests without credentials for those of system:anonymous; else only the health pages are open',
    })
    .option('service-account-issuer', {
      type: 'string',
      array: true,
      default: [DEFAULT_ISSUER],
      describe: 'https URL that tokens of service accounts name; repeatable, the first signs',
    })
    .option('service-account-signing-key-file', {
      type: 'string',
      describe: 'private key in PEM (RSA, or EC on P-256) that signs them; default: made in the data folder',
    })
    .option('service-account-key-file', {
      type: 'string',
      array: true,
      default: [],
      describe: 'further key in PEM whose tokens are accepted; repeatable',
    })
    .option('api-audiences', {
      type: 'string',
      array: true,
      default: [],
      describe: 'whom tokens must be for; default: the issuer',
    })
    .options(OIDC_FLAGS)
    .option('store', {
      choices: ['sqlite', 'memory'] as const,
      default: 'sqlite' as const,
      describe: 'where objects live',
    })
    .option('encryption-key-file', {
      type: 'string',
      describe: 'keys for what is secret in the store, as ID:BASE64 lines; default: made in the data folder',
    })
    .option('encrypt-resources', {
      type: 'string',
      array: true,
      default: ['secrets'],
      describe: 'resources that are encrypted in the store, as secrets or RESOURCE.GROUP',
    })
    .option('kubeconfig-out', { type: 'string', describe: "where to write the administrator's kubeconfig" })
    .option('node-approval', {
      choices: NODE_APPROVALS,
      default: 'automatic' as const,
      describe: 'whether a join token is enough, or you let in each node (kubectl-lite node approve)',
    })
    .option('scheduler-policy', { choices: host.policies, default: 'greedy', describe: 'how pods are placed' })
    .option('scheduler-profile', {
      type: 'string',
      array: true,
      default: [],
      describe: 'NAME=POLICY: how pods are placed that say schedulerName: NAME',
    })
    .option('service-cluster-ip-range', {
      type: 'string',
      default: DEFAULT_SERVICE_IP_RANGE.text,
      describe: 'IPv4 block that services get their cluster IPs from',
    })
    .option('cluster-cidr', {
      type: 'string',
      default: DEFAULT_CLUSTER_CIDR,
      describe: 'IPv4 block that nodes get the addresses of their pods from',
    })
    .option('node-cidr-mask-size', {
      type: 'number',
      default: 24,
      describe: "size of one node's part of it, as the number of bits that all its addresses share",
    })
    .option('pod-network', {
      choices: POD_NETWORK_MODES,
      default: 'auto' as const,
      describe: 'the way from node to node; auto: each pair takes the first that works',
    })
    .options(STREAM_FLAGS)
    .option('pod-security-default', {
      choices: LEVELS,
      default: 'baseline' as const,
      describe: 'Pod Security Standard of namespaces without pod-security.kubernetes.io labels',
    })
    .option('audit-policy-file', {
      type: 'string',
      describe: 'audit.k8s.io/v1 Policy of what the audit log notes; none: nothing',
    })
    .option('audit-log-path', {
      type: 'string',
      // Or else a bare - would be no value.
      nargs: 1,
      describe: 'the audit log, - for standard output; default: audit.log in the data folder',
    })
    .option('audit-log-maxsize', { type: 'number', default: 100, describe: 'megabytes of one file of the audit log' })
    .option('audit-log-maxbackup', { type: 'number', default: 0, describe: 'older files to keep; 0: all' })
    .option('audit-log-maxage', { type: 'number', default: 0, describe: 'days to keep older files; 0: for ever' })
    .option('fence-after-seconds', {
      type: 'number',
      default: DEFAULT_FENCE.afterMs / 1_000,
      describe:
        'a node without its server for so long stops its pods of StatefulSets, which run elsewhere 25 s later; 0: never',
    })
    .option('default-not-ready-toleration-seconds', {
      type: 'number',
      default: DEFAULT_TOLERATION_SECONDS.notReady,
      describe: 'how long pods stay on a node that is not ready, unless they say otherwise',
    })
    .option('default-unreachable-toleration-seconds', {
      type: 'number',
      default: DEFAULT_TOLERATION_SECONDS.unreachable,
      describe: 'how long pods stay on a node that does not answer, unless they say otherwise',
    })
    .option('log-level', { choices: LOG_LEVELS, default: 'info' as const })
    .option('log-format', {
      choices: ['json', 'text'] as const,
      default: host.isTerminal ? ('text' as const) : ('json' as const),
    })
    .strict()
    .version(false)
    .fail((message: string | null, error: Error | undefined) => {
      throw new ConfigurationError(message ?? error?.message ?? 'the flags could not be read');
    })
    .parseSync();
  const dataDir = path.resolve(host.cwd, flags.dataDir);
  if (!Number.isInteger(flags.port) || flags.port < 1 || flags.port > 65_535) {
    throw new ConfigurationError(`--port ${flags.port}: must be a whole number from 1 to 65535`);
  }
  const fenceAfterSeconds = flags['fence-after-seconds'];
  if (fenceAfterSeconds !== 0 && !(Number.isInteger(fenceAfterSeconds) && fenceAfterSeconds >= LEAST_FENCE_SECONDS)) {
    throw new ConfigurationError(
      `--fence-after-seconds: must be a whole number of at least ${LEAST_FENCE_SECONDS}, or 0`,
    );
  }
  const tolerationSeconds = {
    notReady: flags.defaultNotReadyTolerationSeconds,
    unreachable: flags.defaultUnreachableTolerationSeconds,
  };
  for (const seconds of Object.values(tolerationSeconds)) {
    if (!Number.isInteger(seconds) || seconds < 0) {
      throw new ConfigurationError(`default toleration seconds ${seconds}: must be a whole number, 0 or more`);
    }
  }
  const serviceIpRange = IpRange.parse(flags.serviceClusterIpRange);
  if (serviceIpRange === undefined) {
    throw new ConfigurationError(
      `--service-cluster-ip-range ${flags.serviceClusterIpRange}: must be an IPv4 network from /8 to /30, as ${DEFAULT_SERVICE_IP_RANGE.text}`,
    );
  }
  const podCidrs = podCidrsOf(flags.clusterCidr, flags.nodeCidrMaskSize);
  if (isShared(serviceIpRange, podCidrs)) {
    throw new ConfigurationError(
      `--cluster-cidr ${flags.clusterCidr} and --service-cluster-ip-range ${serviceIpRange.text} overlap: choose blocks that do not`,
    );
  }
  const [issuer, ...olderIssuers] = flags.serviceAccountIssuer;
  for (const each of flags.serviceAccountIssuer) {
    if (!/^https:\/\/[^/?#]+[^?#]*$/.test(each)) {
      throw new ConfigurationError(`--service-account-issuer ${each}: must be an https URL without query or fragment`);
    }
  }
  const resolved = (file: string): string => path.resolve(host.cwd, file);
  const signingKeyFile = flags.serviceAccountSigningKeyFile;
  return {
    dataDir,
    bindAddress: flags.bindAddress,
    port: flags.port,
    advertiseAddresses: flags.advertiseAddress,
    anonymousAuth: flags.anonymousAuth,
    ...(flags.tokenAuthFile === undefined ? {} : { tokenAuthFile: resolved(flags.tokenAuthFile) }),
    serviceAccountIssuers: [issuer ?? DEFAULT_ISSUER, ...olderIssuers],
    ...(signingKeyFile === undefined ? {} : { serviceAccountSigningKeyFile: resolved(signingKeyFile) }),
    serviceAccountKeyFiles: flags.serviceAccountKeyFile.map(resolved),
    apiAudiences: flags.apiAudiences.length === 0 ? flags.serviceAccountIssuer : flags.apiAudiences,
    ...oidcOf(flags, resolved),
    store: flags.store,
    encryption: {
      keyFile: path.resolve(host.cwd, flags.encryptionKeyFile ?? path.join(dataDir, 'encryption.keys')),
      makesKeyFile: flags.encryptionKeyFile === undefined,
      resources: flags.encryptResources,
    },
    kubeconfigOut: path.resolve(host.cwd, flags.kubeconfigOut ?? path.join(dataDir, 'kubeconfig')),
    nodeApproval: flags.nodeApproval,
    schedulerPolicy: flags.schedulerPolicy,
    schedulerProfiles: flags.schedulerProfile,
    serviceIpRange,
    podCidrs,
    podNetwork: flags.podNetwork,
    ...streamMapsOf(flags),
    podSecurityDefault: flags.podSecurityDefault,
    tolerationSeconds,
    ...(fenceAfterSeconds === 0 ? {} : { fence: { afterMs: fenceAfterSeconds * 1_000 } }),
    ...auditOf(flags, { cwd: host.cwd, dataDir }),
    logLevel: flags.logLevel,
    logFormat: flags.logFormat,
  };
}

/** A node needs room for its own addresses beside those of pods. */
const LARGEST_MASK = 28;

function podCidrsOf(clusterCidr: string, maskSize: number): CidrPool {
  const block = parseCidr(clusterCidr);
  if (block === undefined || block.prefix < 8 || block.prefix > LARGEST_MASK) {
    throw new ConfigurationError(
      `--cluster-cidr ${clusterCidr}: must be an IPv4 network from /8 to /${LARGEST_MASK}, as 10.244.0.0/16`,
    );
  }
  if (
    !Number.isInteger(maskSize) ||
    maskSize < block.prefix ||
    maskSize > LARGEST_MASK ||
    maskSize - block.prefix > 16
  ) {
    throw new ConfigurationError(
      `--node-cidr-mask-size ${maskSize}: must be a whole number from ${block.prefix} to ${Math.min(LARGEST_MASK, block.prefix + 16)} for nodes' parts of ${clusterCidr}`,
    );
  }
  return new CidrPool(block, maskSize);
}

function isShared(services: IpRange, { block }: CidrPool): boolean {
  const range = parseCidr(services.text);
  return range !== undefined && overlap(range, block);
}

interface AuditFlags {
  readonly auditPolicyFile?: string | undefined;
  readonly auditLogPath?: string | undefined;
  readonly auditLogMaxsize: number;
  readonly auditLogMaxbackup: number;
  readonly auditLogMaxage: number;
}

function auditOf(
  flags: AuditFlags,
  { cwd, dataDir }: { readonly cwd: string; readonly dataDir: string },
): { readonly audit?: AuditConfig } {
  const { auditPolicyFile: policyFile, auditLogPath: logPath } = flags;
  if (policyFile === undefined) {
    if (logPath === undefined) return {};
    throw new ConfigurationError('--audit-log-path needs --audit-policy-file, which says what to note');
  }
  for (const [flag, value, least] of [
    ['--audit-log-maxsize', flags.auditLogMaxsize, 1],
    ['--audit-log-maxbackup', flags.auditLogMaxbackup, 0],
    ['--audit-log-maxage', flags.auditLogMaxage, 0],
  ] as const) {
    if (!Number.isInteger(value) || value < least) {
      throw new ConfigurationError(`${flag} ${value}: must be a whole number from ${least}`);
    }
  }
  return {
    audit: {
      policyFile: path.resolve(cwd, policyFile),
      logPath: logPath === '-' ? '-' : path.resolve(cwd, logPath ?? path.join(dataDir, 'audit.log')),
      maxSizeMegabytes: flags.auditLogMaxsize,
      maxBackups: flags.auditLogMaxbackup,
      maxAgeDays: flags.auditLogMaxage,
    },
  };
}
