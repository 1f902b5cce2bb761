import { pack } from 'tar-stream';
import { RuntimeError } from '../runtime';
import type { EngineCalls } from './engine-calls';
import type { SandboxArchitecture } from './sandbox-program';
import { sandboxProgram } from './sandbox-program';

/** Raised with every change of the program, so that an upgraded agent does not go on with the old one. */
const VERSION = '1';
export const SANDBOX_REPOSITORY = 'pinsetter/sandbox';
export const SANDBOX_IMAGE = `${SANDBOX_REPOSITORY}:${VERSION}`;
export const SANDBOX_PROGRAM = '/sandbox';

/** Imports the sandbox image where the engine does not have it yet. */
export async function ensureSandboxImage(calls: EngineCalls): Promise<void> {
  if ((await calls.inspectImage(SANDBOX_IMAGE)) !== undefined) return;
  const { Arch } = await calls.version();
  const archive = pack();
  archive.entry({ name: SANDBOX_PROGRAM.slice(1), mode: 0o755 }, sandboxProgram(architectureOf(Arch)));
  archive.finalize();
  await calls.importImage(archive, {
    repository: SANDBOX_REPOSITORY,
    tag: VERSION,
    changes: `ENTRYPOINT ["${SANDBOX_PROGRAM}"]`,
  });
}

function architectureOf(engines: string): SandboxArchitecture {
  if (engines === 'amd64' || engines === 'arm64') return engines;
  throw new RuntimeError('Unknown', `no sandbox program for ${engines} machines: amd64 and arm64 only`);
}
