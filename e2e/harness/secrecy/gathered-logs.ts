import { closeSync, openSync, writeFileSync, writeSync } from 'node:fs';
import path from 'node:path';
import { AGENT, SERVER } from '../built';

/** Names the folder into which a run of the tests gathers what its servers and agents say; unset in benchmarks. */
export const LOG_FOLDER = 'PINSETTER_E2E_LOGS';

export const logFolder = (): string | undefined => process.env[LOG_FOLDER];

interface Gathered {
  readonly args: readonly string[];
  /** To be called with all that the program prints. */
  readonly keep: (chunk: Buffer) => void;
  readonly close: () => void;
}

/**
 * Makes a server or an agent say all it can say, and keeps that for the search at the end of the run. Other programs are left
 * as they are: what a client prints may be secret.
 */
export function gatherLog(args: readonly string[]): Gathered {
  const folder = logFolder();
  const at = args.findIndex((each) => each === SERVER || each === AGENT);
  if (folder === undefined || at < 0) return { args, keep: () => undefined, close: () => undefined };
  const name = args[at] === SERVER ? 'server' : 'agent';
  const file = openSync(fileIn(folder, name), 'a');
  let isOpen = true;
  return {
    args: args.includes('--log-level') ? args : [...args, '--log-level', 'debug'],
    keep: (chunk) => void (isOpen && writeSync(file, chunk)),
    close: () => {
      if (isOpen) closeSync(file);
      isOpen = false;
    },
  };
}

/** Takes in what servers and agents said that the tests did not start themselves. */
export function gatherText(name: string, text: string): void {
  const folder = logFolder();
  if (folder !== undefined) writeFileSync(fileIn(folder, name), text);
}

const fileIn = (folder: string, name: string): string =>
  path.join(folder, `${name}-${process.pid}-${process.hrtime.bigint()}.log`);
