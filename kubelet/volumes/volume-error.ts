/** A volume cannot be set up as it stands; the message is fit for an Event. Tried again later. */
export class VolumeError extends Error {
  override readonly name = 'VolumeError';
}

export const hasCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code;
