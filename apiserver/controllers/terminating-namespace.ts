import { StatusError } from '../../shared/status-error';

/** Whether the API refused a creation because its namespace is going. */
export const isNamespaceTerminating = (error: unknown): boolean =>
  error instanceof StatusError &&
  error.details?.causes?.some(({ reason }) => reason === 'NamespaceTerminating') === true;

/** `create(…).catch(ignoreTerminatingNamespace)`: nothing is wanted in a namespace that goes. */
export const ignoreTerminatingNamespace = (error: unknown): undefined => {
  if (isNamespaceTerminating(error)) return undefined;
  throw error;
};
