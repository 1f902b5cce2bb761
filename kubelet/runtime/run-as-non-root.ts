import type { ContainerSpec, ImageInfo } from './runtime';
import { RuntimeError } from './runtime';

/** Throws `RunAsNonRoot`, in Kubernetes' words, where the container asks not to be root and would or might be. */
export function refuseRoot({ security }: Pick<ContainerSpec, 'security'>, image: Pick<ImageInfo, 'user'>): void {
  if (!security.runAsNonRoot) return;
  if (security.runAsUser === 0) throw new RuntimeError('RunAsNonRoot', "container's runAsUser breaks non-root policy");
  if (security.runAsUser !== undefined) return;
  const [user = ''] = image.user.split(':');
  if (user === '' || Number(user) === 0 || user === 'root')
    throw new RuntimeError('RunAsNonRoot', 'container has runAsNonRoot and image will run as root');
  if (!/^\d+$/.test(user))
    throw new RuntimeError(
      'RunAsNonRoot',
      `container has runAsNonRoot and image has non-numeric user (${user}), cannot verify user is non-root`,
    );
}
