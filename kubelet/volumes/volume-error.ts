/** A volume cannot be set up as it stands; the message is fit for an Event. Tried again later. */
export class VolumeError extends Error {
  override readonly name = 'VolumeError';
}

/** Whether a system call failed with that code (`ENOENT`). */
export const hasCode = (error: unknown, code: string): boolean =>
  typeof error === 'object' && error !== null && 'code' in error && error.code === code;
