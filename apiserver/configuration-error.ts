/** A flag or file that the server cannot start with; the message says which, and how it should be. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
}
