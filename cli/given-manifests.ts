import { UsageError } from './client/resources';
import type { Context, Flags } from './commands/command';
import { isSet, text, words } from './commands/command';
import { buildKustomization } from './kustomize';
import type { Manifest } from './manifests';
import { ManifestError, parseManifests, readManifests } from './manifests';

/** Whether the command line names manifests. */
export const namesManifests = (flags: Flags): boolean =>
  words(flags, 'filename').length > 0 || text(flags, 'kustomize') !== undefined;

/** The manifests that -f and -k name. `passedTo`: what they are for. Throws UsageError where there is neither, ManifestError. */
export async function givenManifests(context: Context, flags: Flags, passedTo?: string): Promise<readonly Manifest[]> {
  const files = words(flags, 'filename');
  const kustomization = text(flags, 'kustomize');
  if (files.length === 0 && kustomization === undefined) throw new UsageError('must specify one of -f and -k');
  if (files.length > 0 && kustomization !== undefined) throw new UsageError('only one of -f or -k can be specified');
  const { environment } = context;
  if (kustomization !== undefined) {
    const manifests = parseManifests(await buildKustomization(kustomization, environment), kustomization);
    if (manifests.length === 0) throw new ManifestError(`no objects in ${kustomization}`);
    return manifests;
  }
  return readManifests(files, {
    stdin: environment.stdin,
    cwd: environment.cwd,
    recursive: isSet(flags, 'recursive'),
    ...(passedTo === undefined ? {} : { passedTo }),
  });
}
