/** The control plane as a program: flags and signals are read here and nowhere else. */
import path from 'node:path';
import { systemClock } from '../shared/clock';
import { examineServer } from '../shared/doctor/doctor';
import { findingsText, verdict } from '../shared/doctor/finding';
import { createSystemHost } from '../shared/doctor/system-host';
import { createLogger } from '../shared/logger';
import { systemRandom } from '../shared/random';
import { AuditPolicyError } from './audit/parse-policy';
import { parseConfig } from './config';
import type { ServerConfig } from './config';
import { ConfigurationError } from './configuration-error';
import { createRequestLog } from './http/request-log';
import { policies } from './scheduler/core/policies/policies';
import { startServer } from './server';
import { createMemoryStore } from './store/memory/memory-store';
import { resourcePrefix } from './registry/store-keys';
import type { EncryptedStore } from './store/encrypted-store';
import { encryptStore } from './store/encrypted-store';
import { openSqliteStore } from './store/sqlite/sqlite-store';
import type { Store } from './store/store';
import { StoreError } from './store/store';
import type { Logger } from '../shared/logger';

const STOP_TIMEOUT_MS = 15_000;

async function main(): Promise<void> {
  const isDoctor = process.argv[2] === 'doctor';
  const config = parseConfig(process.argv.slice(isDoctor ? 3 : 2), {
    isTerminal: process.stdout.isTTY,
    cwd: process.cwd(),
    policies: policies.map(({ name }) => name),
  });
  if (isDoctor) {
    const blocks = [
      { of: 'pods', flag: '--cluster-cidr', cidr: config.podCidrs.text },
      { of: 'Services', flag: '--service-cluster-ip-range', cidr: config.serviceIpRange.text },
    ];
    const findings = await examineServer(createSystemHost(systemClock), { ...config, blocks });
    process.stdout.write(findingsText(findings));
    process.exitCode = verdict(findings);
    return;
  }
  const logOptions = { level: config.logLevel, pretty: config.logFormat === 'text', name: 'apiserver' };
  const logger = createLogger(logOptions);
  const requestLog = createRequestLog(logOptions, systemClock);
  const { store, rotate: rotateKeys } = await openStore(config, logger);
  const server = await startServer(config, {
    store,
    clock: systemClock,
    random: systemRandom,
    logger,
    requestLog,
  }).catch(async (error: unknown) => {
    await store.close();
    throw error;
  });
  rotateKeys();
  const stop = (signal: string): void => {
    logger.info({ signal }, 'stopping');
    const cancel = systemClock.setTimeout(() => process.exit(1), STOP_TIMEOUT_MS);
    server.stop().then(
      () => {
        cancel();
        process.exit(0);
      },
      (error: unknown) => {
        logger.error({ err: error }, 'stopping failed');
        process.exit(1);
      },
    );
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
}

/** `rotate`: to be called once the server runs. */
async function openStore(
  config: ServerConfig,
  logger: Logger,
): Promise<{ readonly store: Store; readonly rotate: () => void }> {
  // What is never on a disk needs no encryption there.
  if (config.store === 'memory') return { store: createMemoryStore({ clock: systemClock }), rotate: () => undefined };
  const inner = await openSqliteStore({ directory: path.join(config.dataDir, 'store'), clock: systemClock, logger });
  try {
    const { keyFile, makesKeyFile, resources } = config.encryption;
    const prefixes = resources.map(resourcePrefix);
    const store = await encryptStore(inner, { keyFile, makesKeyFile, prefixes, logger });
    return { store, rotate: () => rotate(store, logger) };
  } catch (error) {
    await inner.close();
    throw error;
  }
}

function rotate(store: EncryptedStore, logger: Logger): void {
  store.rotate().then(
    (values) => {
      if (values > 0) logger.info({ values }, 'encrypted with the first key of the key file; older ones can go');
    },
    (error: unknown) => logger.warn({ err: error }, 'not all values could be encrypted with the first key'),
  );
}

main().catch((error: unknown) => {
  const isExpected = [ConfigurationError, StoreError, AuditPolicyError].some((each) => error instanceof each);
  const text = error instanceof Error ? (isExpected ? error.message : (error.stack ?? error.message)) : String(error);
  process.stderr.write(`apiserver: ${text}\n`);
  process.exit(1);
});
