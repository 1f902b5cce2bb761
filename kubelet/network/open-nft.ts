import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { spawn } from 'node:child_process';
import type { Clock } from '../../shared/clock';
import type { RunProgram } from './run-program';
import { ProgramError, runProgram } from './run-program';

/** What loads scripts of nftables: each is done by the kernel all at once, or not at all where it throws ProgramError. */
export interface Nft {
  load(script: string): Promise<void>;
}

/** A program that goes on until its standard input ends. */
export type StartProgram = (program: string, args: readonly string[]) => ChildProcessWithoutNullStreams;

export interface OpenNftOptions {
  readonly clock: Clock;
  readonly run?: RunProgram;
  readonly start?: StartProgram;
}

/** Longer scripts take so long that the start of a program is nothing beside it. In characters. */
const LONGEST_LINE = 32_768;
/** It remembers every line that it was given, so it is begun anew now and then. */
const MOST_LINES = 5_000;
/** From its start until it answers; one built without its command line never does. */
const FIRST_ANSWER_MS = 5_000;

/**
 * nftables through one `nft -i` that stays open: most of what a small change takes is otherwise the program's start. It reads
 * lines and complains on standard error, so what follows each script is a word that it does not know: with the complaint of
 * that, all of the script's own have come. Where it cannot be had, each script starts a program. It ends with this one,
 * whose end of the pipe closes. One script at a time, in the order of the calls.
 */
export class OpenNft implements Nft {
  private readonly run: RunProgram;
  private readonly start: StartProgram;
  private session: Session | undefined;
  private isMissing = false;
  private last: Promise<unknown> = Promise.resolve();

  constructor(private readonly options: OpenNftOptions) {
    this.run = options.run ?? runProgram;
    this.start = options.start ?? startProgram;
  }

  load(script: string): Promise<void> {
    const loaded = this.last.then(() => this.loadNext(script));
    this.last = loaded.catch(() => undefined);
    return loaded;
  }

  /** The program ends when what is under way has ended. */
  async stop(): Promise<void> {
    await this.last;
    this.session?.end();
    this.session = undefined;
  }

  private async loadNext(script: string): Promise<void> {
    const session = script.length > LONGEST_LINE ? undefined : await this.opened();
    if (session === undefined) await this.run('nft', ['-f', '-'], script);
    else await session.load(script);
  }

  private async opened(): Promise<Session | undefined> {
    if (this.session?.isUsable === false) {
      this.session.end();
      this.session = undefined;
    }
    if (this.session !== undefined || this.isMissing) return this.session;
    const session = new Session(this.start('nft', ['-i']));
    const cancel = this.options.clock.setTimeout(() => session.kill(), FIRST_ANSWER_MS);
    try {
      await session.load('');
      this.session = session;
    } catch {
      this.isMissing = true;
    } finally {
      cancel();
    }
    return this.session;
  }
}

class Session {
  private readonly ended: Promise<never>;
  private isOver = false;
  private lines = 0;
  private said = '';
  private wake: () => void = () => undefined;

  constructor(private readonly child: ChildProcessWithoutNullStreams) {
    this.ended = new Promise((_resolve, reject) => {
      const end = (why: string): void => {
        this.isOver = true;
        reject(new ProgramError(`nft: ${why} ${this.said.trim()}`.trim()));
      };
      child.once('error', (error) => end(error.message));
      child.once('close', (code) => end(`ended with ${code ?? 'a signal'} while it was needed`));
    });
    // Asked for when something waits.
    this.ended.catch(() => undefined);
    child.stdin.on('error', () => undefined);
    child.stdout.resume();
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.said += text;
      this.wake();
    });
  }

  get isUsable(): boolean {
    return !this.isOver && this.lines < MOST_LINES;
  }

  /** Where it throws for an end of the program, the script may have been done. */
  async load(script: string): Promise<void> {
    const mark = `end-${++this.lines}`;
    // One line is one change of the kernel.
    const line = script.trim().replaceAll('\n', '; ');
    this.child.stdin.write(`${line}\n${mark}\n`);
    let at: number;
    while ((at = this.said.indexOf(`\n${mark}\n`)) < 0)
      await Promise.race([this.ended, new Promise<void>((resolve) => (this.wake = resolve))]);
    const before = this.said.slice(0, at);
    this.said = this.said.slice(at + mark.length + 2);
    const complaint = before.slice(0, before.lastIndexOf('Error: ')).replace(UNDERLINE, '');
    if (complaint.includes('Error')) throw new ProgramError(`nft -i: ${complaint.trim().slice(0, 2_000)}`);
  }

  end(): void {
    this.child.stdin.end();
  }

  kill(): void {
    this.child.kill('SIGKILL');
  }
}

/** What stands below the line that a complaint quotes, of the mark before. */
const UNDERLINE = /^[ ^~]*\n/;

/** Its lines are nobody's to keep: it would write them to the home folder. */
export const startProgram: StartProgram = (program, args) =>
  spawn(program, args, { stdio: 'pipe', env: { ...process.env, HOME: '/nonexistent' } });
