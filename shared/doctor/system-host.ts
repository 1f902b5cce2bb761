import { execFile } from 'node:child_process';
import { access, mkdtemp, open, readFile, rm, statfs } from 'node:fs/promises';
import http from 'node:http';
import https from 'node:https';
import { createServer } from 'node:net';
import path from 'node:path';
import type { Clock } from '../clock';
import { errorCodeOf } from '../error-code';
import type { DoctorHost } from './host';

const TIMEOUT_MS = 5_000;
const WRITES = 15;
const BLOCK = Buffer.alloc(4_096, 1);

/** This very machine. */
export const createSystemHost = (clock: Clock): DoctorHost => ({
  read: (file) => readFile(file, 'utf8').catch(() => undefined),
  has: (file) =>
    access(file).then(
      () => true,
      () => false,
    ),
  run: (program, args) =>
    new Promise((resolve) => {
      const env = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' };
      execFile(program, [...args], { timeout: TIMEOUT_MS, env }, (error, stdout) => {
        if (error !== null && errorCodeOf(error) === 'ENOENT') return resolve(undefined);
        resolve({ status: error === null ? 0 : 1, stdout });
      });
    }),
  engineVersion: async (socketPath) => {
    const answer = await get((options, answered) =>
      http.get({ ...options, socketPath, path: '/version', host: 'docker' }, answered),
    );
    if ('error' in answer) return answer;
    try {
      const { Version = '', ApiVersion = '' } = JSON.parse(answer.body) as { Version?: string; ApiVersion?: string };
      return { version: Version, apiVersion: ApiVersion };
    } catch {
      return { error: 'it is no Docker engine' };
    }
  },
  askServer: async (url) => {
    // Only asked what time it has: nothing it says is relied on.
    const answer = await get((options, answered) =>
      https.get(new URL('/livez', url), { ...options, rejectUnauthorized: false, agent: false }, answered),
    );
    if ('error' in answer) return answer;
    const nowMs = Date.parse(answer.date ?? '');
    return { nowMs: Number.isNaN(nowMs) ? undefined : nowMs };
  },
  tryListen: (address, port) =>
    new Promise((resolve) => {
      const probe = createServer();
      probe.once('error', (error) => resolve(errorCodeOf(error)));
      probe.listen(port, address, () => probe.close(() => resolve(undefined)));
    }),
  disk: async (folder) => {
    const there = await nearest(folder);
    const stats = await statfs(there).catch(() => undefined);
    return stats && { freeBytes: stats.bavail * stats.bsize, totalBytes: stats.blocks * stats.bsize };
  },
  fsyncMs: (folder) => measureFsync(folder, clock).catch(() => undefined),
  nowMs: () => clock.now(),
});

type Answer = { readonly body: string; readonly date: string | undefined } | { readonly error: string };

function get(
  send: (
    options: { readonly timeout: number },
    answered: (response: http.IncomingMessage) => void,
  ) => http.ClientRequest,
): Promise<Answer> {
  return new Promise((resolve) => {
    const request = send({ timeout: TIMEOUT_MS }, (response) => {
      let body = '';
      response.on('data', (chunk: Buffer) => (body += chunk.toString()));
      response.on('end', () => resolve({ body, date: response.headers.date }));
      response.on('error', (error) => resolve({ error: errorCodeOf(error) || error.message }));
    });
    request.on('timeout', () => request.destroy(new Error(`no answer in ${TIMEOUT_MS / 1_000} s`)));
    request.on('error', (error) => resolve({ error: errorCodeOf(error) || error.message }));
  });
}

/** The folder, or the deepest one above it that is there. */
async function nearest(folder: string): Promise<string> {
  for (let each = path.resolve(folder); ; each = path.dirname(each)) {
    const isThere = await access(each).then(
      () => true,
      () => false,
    );
    if (isThere || each === path.dirname(each)) return each;
  }
}

async function measureFsync(folder: string, clock: Clock): Promise<number> {
  const scratch = await mkdtemp(path.join(await nearest(folder), '.doctor-'));
  try {
    const file = await open(path.join(scratch, 'probe'), 'w');
    const times: number[] = [];
    for (let write = 0; write < WRITES; write++) {
      const startMs = clock.monotonic();
      await file.write(BLOCK);
      await file.datasync();
      times.push(clock.monotonic() - startMs);
    }
    await file.close();
    return times.sort((a, b) => a - b)[Math.floor(WRITES / 2)] ?? 0;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}
