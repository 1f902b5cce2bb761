import { PassThrough } from 'node:stream';
import type { Clock } from '../../../shared/clock';
import type { LogOptions } from '../runtime';

interface Line {
  readonly atMs: number;
  readonly stream: 'stdout' | 'stderr';
  readonly text: string;
}

/** A container's log in memory, by whole lines, with followers. */
export class FakeLog {
  private readonly lines: Line[] = [];
  private readonly followers = new Set<(line: Line | undefined) => void>();
  private isOver = false;

  constructor(private readonly clock: Clock) {}

  write(stream: 'stdout' | 'stderr', text: string): void {
    for (const line of text.split(/(?<=\n)/)) {
      if (line === '') continue;
      const entry = { atMs: this.clock.now(), stream, text: line };
      this.lines.push(entry);
      for (const follower of this.followers) follower(entry);
    }
  }

  end(): void {
    this.isOver = true;
    for (const follower of this.followers) follower(undefined);
    this.followers.clear();
  }

  read({ follow, timestamps, tailLines, sinceMs }: LogOptions) {
    const stdout = new PassThrough();
    const stderr = new PassThrough();
    const put = (line: Line): void => {
      const prefix = timestamps ? `${new Date(line.atMs).toISOString().replace('Z', '000000Z')} ` : '';
      (line.stream === 'stdout' ? stdout : stderr).write(prefix + line.text);
    };
    const close = (): void => {
      this.followers.delete(follower);
      stdout.end();
      stderr.end();
    };
    const follower = (line: Line | undefined): void => (line === undefined ? close() : put(line));
    const wanted = this.lines.filter(({ atMs }) => sinceMs === undefined || atMs >= sinceMs);
    for (const line of tailLines === undefined ? wanted : wanted.slice(Math.max(0, wanted.length - tailLines)))
      put(line);
    if (follow && !this.isOver) this.followers.add(follower);
    else close();
    return { stdout, stderr, close };
  }
}
