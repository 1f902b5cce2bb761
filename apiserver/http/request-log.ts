import { hostname } from 'node:os';
import { pid } from 'node:process';
import pino from 'pino';
import type { Clock } from '../../shared/clock';
import type { LogLevel } from '../../shared/logger';
import { createLogger } from '../../shared/logger';
import type { FinishedRequest } from './finished-request';

/** Takes a line for each request. */
export type RequestLog = (finished: FinishedRequest) => void;

/** pino's number for `info`. */
const INFO = 30;
/** Written at once when so many bytes wait, or after so long. */
const GATHERED_BYTES = 32 * 1024;
const GATHERED_MS = 50;
/** Room behind what is gathered: a line that does not fit there is written alone. */
const ROOM_BYTES = 4 * 1024;

/**
 * The log of requests on standard output: as the program's other lines, but gathered, since they come by the thousand:
 * one costs neither a write of its own nor a logger's way of finding out what it is made of. All is there when the
 * program ends.
 */
export function createRequestLog(
  options: { readonly level: LogLevel; readonly pretty: boolean; readonly name: string },
  clock: Clock,
): RequestLog {
  if (options.level !== 'debug' && options.level !== 'info') return () => undefined;
  if (options.pretty) {
    const logger = createLogger(options);
    return ({ verb, path, status, durationMs, user }) => {
      const ms = Math.round(durationMs);
      logger.info({ verb, path, status, ms, user }, `[MUX] ${verb} ${path} ${status} ${ms}ms ${user}`);
    };
  }
  const append = gatheredOutput(clock);
  const source = `"pid":${pid},"hostname":${quoted(hostname())},"name":${quoted(options.name)}`;
  return (finished) => append(requestLine(finished, clock.now(), source));
}

/** The line in ASCII, as pino writes it. */
export function requestLine(
  { verb, path, status, durationMs, user }: FinishedRequest,
  nowMs: number,
  source: string,
): string {
  const ms = Math.round(durationMs);
  const [what, who] = [bare(path), bare(user)];
  return `{"level":${INFO},"time":${nowMs},${source},"verb":"${verb}","path":"${what}","status":${status},"ms":${ms},"user":"${who}","msg":"[MUX] ${verb} ${what} ${status} ${ms}ms ${who}"}\n`;
}

/** Text as it stands within JSON's quotes, in ASCII. */
const bare = (text: string): string =>
  /^[ !#-[\]-~]*$/.test(text)
    ? text
    : JSON.stringify(text)
        .slice(1, -1)
        .replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);

const quoted = (text: string): string => `"${bare(text)}"`;

/** Takes ASCII. */
function gatheredOutput(clock: Clock): (line: string) => void {
  const file = pino.destination({ dest: process.stdout.fd, sync: false, contentMode: 'buffer' });
  // Of that mode its types do not tell.
  const { write: writeText } = file;
  const write = writeText.bind(file) as unknown as (bytes: Buffer) => boolean;
  let gathered = Buffer.allocUnsafeSlow(GATHERED_BYTES + ROOM_BYTES);
  let size = 0;
  const handOn = (): void => {
    if (size === 0) return;
    write(gathered.subarray(0, size));
    gathered = Buffer.allocUnsafeSlow(GATHERED_BYTES + ROOM_BYTES);
    size = 0;
  };
  process.once('exit', () => {
    handOn();
    file.flushSync();
  });
  return (line) => {
    if (size + line.length > gathered.length) {
      handOn();
      if (line.length > gathered.length) {
        write(Buffer.from(line, 'latin1'));
        return;
      }
    }
    if (size === 0) clock.setTimeout(handOn, GATHERED_MS);
    size += gathered.write(line, size, 'latin1');
    if (size >= GATHERED_BYTES) handOn();
  };
}
