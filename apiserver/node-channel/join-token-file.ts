import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { Logger } from '../../shared/logger';
import { writePrivateFile } from '../auth/private-file';
import type { JoinTokenOptions } from './join-tokens';
import { ensureJoinToken } from './join-tokens';

const CHECK_MS = 60 * 60 * 1_000;

/** Keeps a token by which agents may join in `join-token` of the folder. Returns the function that stops that. */
export async function keepJoinTokenFile(
  dataDir: string,
  { logger, ...options }: JoinTokenOptions & { readonly logger: Logger },
): Promise<() => void> {
  const write = async (): Promise<void> =>
    writePrivateFile(path.join(dataDir, 'join-token'), `${await ensureJoinToken(options)}\n`);
  await mkdir(dataDir, { recursive: true });
  await write();
  return options.clock.setInterval(() => {
    write().catch((error: unknown) => logger.warn({ err: error }, 'the join token could not be renewed'));
  }, CHECK_MS);
}
