import type { IMAGE_FOR_OTHERS } from '../../shared/pod/image-for-others';

/** What users see of images in Events and in a container's status, worded as Kubernetes' kubelet words it. */

export interface ImageEvent {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
}

const normal = (reason: string, message: string): ImageEvent => ({ type: 'Normal', reason, message });
const warning = (reason: string, message: string): ImageEvent => ({ type: 'Warning', reason, message });

export const pulling = (image: string): ImageEvent => normal('Pulling', `Pulling image "${image}"`);

export const alreadyPresent = (image: string): ImageEvent =>
  normal('Pulled', `Container image "${image}" already present on machine`);

/** @param times.waitedMs from the wish to the end, of which `pulledMs` was the pull itself. */
export const pulled = (
  image: string,
  {
    pulledMs,
    waitedMs,
    sizeBytes,
  }: { readonly pulledMs: number; readonly waitedMs: number; readonly sizeBytes: number },
): ImageEvent =>
  normal(
    'Pulled',
    `Successfully pulled image "${image}" in ${duration(pulledMs)} (${duration(waitedMs)} including waiting). Image size: ${sizeBytes} bytes.`,
  );

export const failedToPull = (image: string, words: string): ImageEvent =>
  warning('Failed', `Failed to pull image "${image}": ${words}`);

export const failed = (reason: 'ErrImagePull' | 'ImagePullBackOff' | typeof IMAGE_FOR_OTHERS): ImageEvent =>
  warning('Failed', `Error: ${reason}`);

export const backingOff = (image: string): ImageEvent => normal('BackOff', `Back-off pulling image "${image}"`);

export const neverPulled = (image: string): ImageEvent => warning('ErrImageNeverPull', neverPulledMessage(image));

export const neverPulledMessage = (image: string): string =>
  `Container image "${image}" is not present with pull policy of Never`;

export const invalidName = (words: string): ImageEvent => warning('InspectFailed', words);

export const secretsMissing = (names: readonly string[]): ImageEvent =>
  warning(
    'FailedToRetrieveImagePullSecret',
    `Unable to retrieve some image pull secrets (${names.join(', ')}); attempting to pull the image may not succeed.`,
  );

/** As Go prints a duration, rounded to milliseconds: `850ms`, `1.2s`, `2m3.5s`. */
export function duration(ms: number): string {
  const rounded = Math.round(ms);
  if (rounded < 1000) return rounded === 0 ? '0s' : `${rounded}ms`;
  const seconds = (rounded % 60_000) / 1000;
  const minutes = Math.floor(rounded / 60_000) % 60;
  const hours = Math.floor(rounded / 3_600_000);
  return `${hours > 0 ? `${hours}h` : ''}${rounded >= 60_000 ? `${minutes}m` : ''}${seconds}s`;
}
