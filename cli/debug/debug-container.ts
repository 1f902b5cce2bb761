import type { Container } from '../../shared/api/objects';
import { UsageError } from '../client/resources';
import type { Flags } from '../commands/command';
import { isSet, text, words } from '../commands/command';

export const PROFILES = ['legacy', 'general', 'baseline', 'restricted', 'netadmin', 'sysadmin'] as const;
export type Profile = (typeof PROFILES)[number];

/** Throws UsageError. */
export function profileOf(flags: Flags): Profile {
  const given = text(flags, 'profile') ?? 'legacy';
  const profile = PROFILES.find((each) => each === given);
  if (profile === undefined) throw new UsageError(`unknown profile: ${given}: must be ${PROFILES.join(', ')}`);
  return profile;
}

/** What the command line says of the container that debugs. Throws UsageError. */
export function debugContainer(flags: Flags, name: string, image: string): Container {
  const args = [...words(flags, 'args'), ...words(flags, '--')];
  const env = words(flags, 'env').map((pair) => {
    const [key = '', ...value] = pair.split('=');
    if (key === '' || value.length === 0) throw new UsageError(`invalid env: ${pair}: must be NAME=VALUE`);
    return { name: key, value: value.join('=') };
  });
  const policy = text(flags, 'image-pull-policy');
  return {
    name,
    image,
    ...(args.length === 0 ? {} : isSet(flags, 'arguments-only') ? { args } : { command: args }),
    ...(env.length === 0 ? {} : { env }),
    ...(policy === undefined ? {} : { imagePullPolicy: policy }),
    // Input that is no terminal's has an end, and no second person comes to go on with it.
    ...(isSet(flags, 'stdin') ? { stdin: true, ...(isSet(flags, 'tty') ? {} : { stdinOnce: true }) } : {}),
    ...(isSet(flags, 'tty') ? { tty: true } : {}),
    terminationMessagePolicy: 'File',
  };
}

/** What a profile allows the container. `where`: a node's profiles give more. */
export function securityOf(profile: Profile, where: 'pod' | 'node'): Pick<Container, 'securityContext'> {
  switch (profile) {
    case 'general':
      return where === 'node' ? {} : { securityContext: { capabilities: { add: ['SYS_PTRACE'] } } };
    case 'netadmin':
      return { securityContext: { capabilities: { add: ['NET_ADMIN', 'NET_RAW'] } } };
    case 'sysadmin':
      return { securityContext: { privileged: true } };
    case 'restricted':
      return {
        securityContext: {
          allowPrivilegeEscalation: false,
          capabilities: { drop: ['ALL'] },
          runAsNonRoot: true,
          seccompProfile: { type: 'RuntimeDefault' },
        },
      };
    case 'legacy':
    case 'baseline':
      return {};
  }
}
