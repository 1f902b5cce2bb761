import { StatusError } from '../../shared/status-error';
import type { Context } from '../commands/command';

/** What a person may type next after a refusal; undefined where the refusal says all. */
export function hintFor(error: unknown): string | undefined {
  const refusal = error instanceof Error && error.cause instanceof StatusError ? error.cause : error;
  if (!(refusal instanceof StatusError)) return undefined;
  const { kind = '', group = '', name = '' } = refusal.details ?? {};
  const type = group === '' ? kind : `${kind}.${group}`;
  switch (refusal.reason) {
    case 'NotFound':
      return type === '' ? undefined : `kubectl-lite get ${type} -A lists what is there`;
    case 'AlreadyExists':
      return type === '' ? undefined : `kubectl-lite edit ${type} ${name} changes it, and apply -f changes or creates`;
    case 'Forbidden':
      return 'kubectl-lite auth can-i --list tells what you may do here';
    case 'Unauthorized':
      return 'kubectl-lite config view tells as whom you speak, and auth whoami who that is to the server';
    case 'Invalid':
      return kind === '' ? undefined : `kubectl-lite explain ${kind.toLowerCase()} tells what its fields are`;
    case 'Conflict':
      return 'somebody has changed it meanwhile: read it again and try once more';
    default:
      return undefined;
  }
}

/** Only people want hints. */
export function tellHint(
  { environment, palette, note }: Pick<Context, 'environment' | 'palette' | 'note'>,
  error: unknown,
): void {
  const hint = hintFor(error);
  if (hint !== undefined && environment.stderr.isTTY === true) note(palette.dim(`hint: ${hint}\n`));
}
