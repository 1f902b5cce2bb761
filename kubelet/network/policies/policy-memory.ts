import { readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Logger } from '../../../shared/logger';
import type { PolicyChange } from '../../../shared/wire/network-policy';
import { parsePolicyChange } from '../../../shared/wire/network-policy';

/** What was last told of policies, kept in the data folder: a machine that starts without its server keeps its pods to it. */
export interface PolicyMemory {
  /** Undefined: nothing is known, or nothing that can be read. */
  load(): Promise<PolicyChange | undefined>;
  save(snapshot: PolicyChange): Promise<void>;
}

export function createPolicyMemory(dataDir: string, logger: Logger): PolicyMemory {
  const file = path.join(dataDir, 'network-policies.json');
  return {
    async load() {
      try {
        return parsePolicyChange(JSON.parse(await readFile(file, 'utf8')));
      } catch (error) {
        if (!isMissing(error)) logger.warn({ err: error, file }, 'what was known of network policies cannot be read');
        return undefined;
      }
    },
    async save(snapshot) {
      const fresh = `${file}.new`;
      await writeFile(fresh, JSON.stringify(snapshot), { mode: 0o600 });
      await rename(fresh, file);
    },
  };
}

const isMissing = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'ENOENT';
