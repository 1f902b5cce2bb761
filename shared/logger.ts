import pino from 'pino';
import pretty from 'pino-pretty';
import { systemClock } from './clock';

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

/** JSON lines, or readable ones where a person watches (`pretty`). Credentials that slip into fields are cut out. */
export function createLogger(options: {
  readonly level: LogLevel;
  readonly pretty: boolean;
  readonly name: string;
}): Logger {
  const settings: pino.LoggerOptions = {
    name: options.name,
    level: options.level,
    redact: { paths: ['authorization', '*.authorization', 'token', '*.token', 'secret', '*.secret'], censor: '[cut]' },
  };
  return options.pretty
    ? pino(settings, pretty({ translateTime: 'HH:MM:ss.l', ignore: 'pid,hostname,name', singleLine: true, sync: true }))
    : pino(settings);
}

/** Written at once when so many characters wait, or after so long. */
const GATHERED_CHARACTERS = 8 * 1024;
const GATHERED_MS = 50;

/**
 * A log of lines that come by the thousand, whose fields are all put together by the program itself: gathered, so that
 * a line costs no write of its own, and not searched for credentials. Nothing is lost at the program's end.
 */
export function createBulkLogger(options: Parameters<typeof createLogger>[0]): Logger {
  const { name, level } = options;
  return options.pretty ? createLogger(options) : pino({ name, level }, gatheredOutput());
}

/** Standard output, which gets many lines in one write: handing each on alone costs as much as making it. */
function gatheredOutput(): pino.DestinationStream {
  const file = pino.destination({ dest: process.stdout.fd, sync: false });
  let gathered = '';
  const handOn = (): void => {
    if (gathered !== '') file.write(gathered);
    gathered = '';
  };
  process.once('exit', () => {
    handOn();
    file.flushSync();
  });
  return {
    write(line) {
      if (gathered === '') systemClock.setTimeout(handOn, GATHERED_MS);
      gathered += line;
      if (gathered.length >= GATHERED_CHARACTERS) handOn();
    },
  };
}

const ignore = (): void => undefined;
export const silentLogger: Logger = {
  debug: ignore,
  info: ignore,
  warn: ignore,
  error: ignore,
  child: () => silentLogger,
};
