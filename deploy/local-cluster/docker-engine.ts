import { existsSync } from 'node:fs';
import { command } from './command';
import { startDaemon, stopDaemon, untilUp } from './daemon';
import type { Layout } from './layout';
import type { Progress } from './progress';

const ENGINE = 'dockerd';

/** The engine's version, or undefined when none answers. */
export async function engineVersion(): Promise<string | undefined> {
  const { status, stdout } = await command('docker', ['version', '--format', '{{.Server.Version}}'], {
    timeoutMs: 10_000,
  });
  return status === 0 ? stdout.trim() : undefined;
}

/** Uses the engine that answers, else starts the machine's own: by systemd where it runs, by hand elsewhere. */
export async function ensureEngine(layout: Layout, progress: Progress): Promise<void> {
  const done = progress.step('Docker engine');
  const version = await engineVersion();
  if (version !== undefined) return done(`Docker ${version} answers`);
  if (existsSync('/run/systemd/system')) await command('systemctl', ['start', 'docker']);
  else {
    startDaemon(layout, { name: ENGINE, program: 'dockerd', args: [] });
    await untilUp(layout, ENGINE, async () => (await engineVersion()) !== undefined, 60_000);
  }
  const started = await engineVersion();
  if (started === undefined)
    throw new Error('no Docker engine answers: start one, or set DOCKER_HOST to where it listens');
  done(`Docker ${started} started`);
}

/** Stops the engine if we started it. Returns whether we did. */
export const stopEngine = (layout: Layout): Promise<boolean> => stopDaemon(layout, ENGINE, 30_000);
