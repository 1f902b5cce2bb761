import type { StatusCause } from '../../../shared/status-error';
import { invalidValue, required } from './field-errors';

/** Where a webhook is asked: by a URL or through a Service. */
interface ClientConfig {
  readonly url?: string;
  readonly service?: object;
}

/** What is wrong with where a webhook is asked. */
export const clientConfigProblems = ({ url, service }: ClientConfig = {}, path: string): readonly StatusCause[] => [
  ...((url === undefined) === (service === undefined)
    ? [required(path, 'exactly one of url or service is required')]
    : []),
  ...(url !== undefined && !url.startsWith('https://')
    ? [invalidValue(`${path}.url`, url, "'https' is the only allowed URL scheme")]
    : []),
];
