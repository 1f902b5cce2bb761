import { readFile } from 'node:fs/promises';
import type { Clock } from '../../shared/clock';
import type { Logger } from '../../shared/logger';
import type { Random } from '../../shared/random';
import { AuditLog } from './audit-log';
import { Auditor } from './auditor';
import { AuditPolicyError, parsePolicy } from './parse-policy';

/** Where the policy is, and where and how long what it wants noted is kept. */
export interface AuditConfig {
  readonly policyFile: string;
  /** `-` is standard output. */
  readonly logPath: string;
  readonly maxSizeMegabytes: number;
  /** 0: all are kept. */
  readonly maxBackups: number;
  /** 0: for ever. */
  readonly maxAgeDays: number;
}

const MEGABYTE = 1024 * 1024;
const DAY_MS = 24 * 60 * 60 * 1_000;

/** Throws AuditPolicyError for a policy or a log that cannot be used. `close` writes what still waits. */
export async function openAudit(
  config: AuditConfig,
  { clock, random, logger }: { readonly clock: Clock; readonly random: Random; readonly logger: Logger },
): Promise<{ readonly auditor: Auditor; readonly close: () => Promise<void> }> {
  const { policyFile, logPath } = config;
  const text = await readFile(policyFile, 'utf8').catch((error: unknown) => {
    throw new AuditPolicyError(`the audit policy ${policyFile} cannot be read: ${String(error)}`, { cause: error });
  });
  const policy = parsePolicy(text, policyFile);
  const log = await AuditLog.open({
    path: logPath,
    maxSizeBytes: config.maxSizeMegabytes * MEGABYTE,
    maxBackups: config.maxBackups,
    maxAgeMs: config.maxAgeDays * DAY_MS,
    clock,
    logger,
  }).catch((error: unknown) => {
    throw new AuditPolicyError(`the audit log ${logPath} cannot be written: ${String(error)}`, { cause: error });
  });
  const auditor = new Auditor(policy, { clock, random, write: (line) => log.write(line) });
  return { auditor, close: () => log.close() };
}
