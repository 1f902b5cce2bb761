import { JsonPathError } from '../../shared/json-path';
import type { StatusCause } from '../../shared/status-error';
import { StatusError } from '../../shared/status-error';
import { ConnectionError } from '../client/api-client';
import { KubeconfigError } from '../client/kubeconfig';
import { UsageError } from '../client/resources';
import { ManifestError } from '../manifests';
import type { Palette } from './palette';

/** Errors whose message is for the person and says all. */
const TOLD = [UsageError, KubeconfigError, ConnectionError, ManifestError, JsonPathError];

/** Whether a command that works on several objects may go on with the next after it. */
export const concernsOneObject = (error: unknown): error is Error =>
  error instanceof StatusError || error instanceof ManifestError || error instanceof UsageError;

/** An error in kubectl's words, with its line break. `doing`: what the server refused (`error when creating "pod.yaml"`). */
export function errorText(error: unknown, palette: Palette, doing = ''): string {
  const during = doing === '' ? '' : `${doing}: `;
  if (error instanceof StatusError) {
    if (error.reason === 'Invalid') return invalidText(error, palette);
    if (error.reason === 'Unauthorized')
      return `${palette.bad('error:')} You must be logged in to the server (${during}${error.message})\n`;
    return `${palette.bad(`Error from server (${error.reason}):`)} ${during}${error.message}\n`;
  }
  const isTold = TOLD.some((told) => error instanceof told);
  const message = error instanceof Error ? (isTold ? error.message : (error.stack ?? error.message)) : String(error);
  return `${palette.bad('error:')} ${message}\n`;
}

function invalidText({ details, message }: StatusError, { bad }: Palette): string {
  const { kind, name, causes = [] } = details ?? {};
  if (kind === undefined && name === undefined && causes.length === 0)
    return `${bad('The request is invalid')}${message === '' ? '' : `: ${message}`}\n`;
  const head =
    kind === undefined && name === undefined
      ? 'The request is invalid'
      : `The ${kind ?? ''} "${name ?? ''}" is invalid`;
  const lines = [...new Set(causes.map((cause: StatusCause) => `${cause.field ?? ''}: ${cause.message ?? ''}`))];
  if (lines.length === 0) return `${bad(head)}: ${message}\n`;
  return lines.length === 1
    ? `${bad(`${head}:`)} ${lines[0] ?? ''}\n`
    : `${bad(`${head}:`)} \n${lines.map((line) => `* ${line}\n`).join('')}`;
}
