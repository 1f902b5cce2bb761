import type { ContainerSpec, ImageInfo } from './runtime';
import { RuntimeError } from './runtime';

/** Throws `RunAsNonRoot`, in Kubernetes' words, where the container asks not to be root and would or might be. */
export function refuseRoot({ security, pod, name }: ContainerSpec, image: Pick<ImageInfo, 'user'>): void {
  if (!security.runAsNonRoot) return;
  const refuse = (why: string): never => {
    const where = `pod: "${pod.name}_${pod.namespace}(${pod.uid})", container: ${name}`;
    throw new RuntimeError('RunAsNonRoot', `${why} (${where})`);
  };
  if (security.runAsUser === 0) refuse("container's runAsUser breaks non-root policy");
  if (security.runAsUser !== undefined) return;
  const [user = ''] = image.user.split(':');
  if (user === '' || Number(user) === 0 || user === 'root')
    refuse('container has runAsNonRoot and image will run as root');
  if (!/^\d+$/.test(user))
    refuse(`container has runAsNonRoot and image has non-numeric user (${user}), cannot verify user is non-root`);
}
