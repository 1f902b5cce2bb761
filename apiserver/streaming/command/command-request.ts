import type { Pod } from '../../../shared/api/objects';
import { badRequest, invalid } from '../../../shared/status-error';
import type { StreamRequest } from '../../../shared/wire/node-channel';
import { chooseContainer } from '../container-choice';
import { flagOf } from '../query-options';

export type CommandRequest = Extract<StreamRequest, { type: 'exec' | 'attach' }>;

/** What an exec or attach asks for. Throws BadRequest or Invalid, worded as Kubernetes does. */
export function parseCommandRequest(type: 'exec' | 'attach', pod: Pod, query: URLSearchParams): CommandRequest {
  const command = type === 'exec' ? query.getAll('command') : [];
  const tty = flagOf(query, 'tty');
  const request: CommandRequest = {
    type,
    podUid: pod.metadata.uid,
    container: chooseContainer(pod, query.get('container')),
    command,
    stdin: flagOf(query, 'stdin'),
    stdout: flagOf(query, 'stdout'),
    // A terminal is one stream: what would be stderr comes on stdout.
    stderr: flagOf(query, 'stderr') && !tty,
    tty,
  };
  if (type === 'exec' && command.length === 0)
    throw invalid({ group: '', kind: 'PodExecOptions' }, pod.metadata.name, [
      { reason: 'FieldValueRequired', field: 'command', message: 'Required value' },
    ]);
  if (!request.stdin && !request.stdout && !request.stderr)
    throw badRequest('you must specify at least 1 of stdin, stdout, stderr');
  return request;
}
