import pino from 'pino';
import pretty from 'pino-pretty';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

/**
 * The log: a constant message, data in fields (`log.info({ pod }, 'pod bound')`). debug = steps, info = state
 * changes, warn = healed itself, error = needs a person. Never a token or a Secret's value.
 */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  /** A logger that adds `fields` to every line. */
  child(fields: object): Logger;
}

/**
 * JSON lines, or readable ones where a person watches (`pretty`), with what an error says, as `err` or `error`. Credentials
 * that slip into fields are cut out.
 */
export function createLogger(options: {
  readonly level: LogLevel;
  readonly pretty: boolean;
  readonly name: string;
  /** Where lines go, but for those that a person watches; default: standard output. */
  readonly destination?: pino.DestinationStream;
}): Logger {
  const settings: pino.LoggerOptions = {
    name: options.name,
    level: options.level,
    serializers: { error: pino.stdSerializers.err },
    redact: { paths: ['authorization', '*.authorization', 'token', '*.token', 'secret', '*.secret'], censor: '[cut]' },
  };
  return options.pretty
    ? pino(settings, pretty({ translateTime: 'HH:MM:ss.l', ignore: 'pid,hostname,name', singleLine: true, sync: true }))
    : pino(settings, options.destination);
}

const ignore = (): void => undefined;
export const silentLogger: Logger = {
  debug: ignore,
  info: ignore,
  warn: ignore,
  error: ignore,
  child: () => silentLogger,
};
