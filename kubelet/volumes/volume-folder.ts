import { rm } from 'node:fs/promises';
import path from 'node:path';
import { badRequest } from '../../shared/status-error';

/** Folders that are made for claims: anything else is not ours to remove. */
const MADE_FOR_A_CLAIM = /^pvc-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}_[^_/]+_[^_/]+$/;

/** Removes such a folder with all that is in it. Gone already is success. Throws BadRequest for any other path. */
export async function removeVolumeFolder(folder: string): Promise<void> {
  if (!path.isAbsolute(folder) || path.normalize(folder) !== folder || !MADE_FOR_A_CLAIM.test(path.basename(folder)))
    throw badRequest(`${JSON.stringify(folder)} is no folder of a volume that was made for a claim`);
  await rm(folder, { recursive: true, force: true });
}
