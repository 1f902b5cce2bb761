import type { Pod } from '../../shared/api/objects';
import { StatusError } from '../../shared/status-error';
import type { Context, Flags } from '../commands/command';
import { errorText } from '../output/error-text';
import type { LogQuery } from './copy-log';
import { copyLog } from './copy-log';
import type { Source } from './log-source';
import { hasStarted, sourcesOf } from './log-source';

export interface ManyPods {
  readonly path: string;
  readonly labelSelector: string | undefined;
  readonly isWanted: (pod: Pod) => boolean;
}

/**
 * The logs of many pods, each in its colour. With `follow` pods join as they start, and it is said when one joins or
 * leaves; without it all that there is comes once.
 */
export class PodLogs {
  private readonly colours = new Map<string, number>();
  private readonly joined = new Set<string>();
  private readonly told = new Set<string>();
  private readonly running = new Set<Promise<void>>();
  private code: number | undefined;

  constructor(
    private readonly context: Context,
    private readonly flags: Flags,
    private readonly query: LogQuery,
    private readonly options: { readonly prefixes: boolean; readonly ignoreErrors: boolean },
  ) {}

  /** Returns the exit code. Throws StatusError where the pods cannot be listed. */
  async follow(
    { path, labelSelector, isWanted }: ManyPods,
    present: readonly Pod[],
    resourceVersion: string,
  ): Promise<number | undefined> {
    for (const pod of present) this.join(pod, false);
    const { signal } = this.context.environment;
    try {
      for await (const { type, object: pod } of this.context
        .client()
        .watch<Pod>({ path, query: { labelSelector, resourceVersion }, signal })) {
        if (type === 'BOOKMARK' || !isWanted(pod)) continue;
        if (type === 'DELETED') this.leave(pod);
        else this.join(pod, true);
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
    await Promise.all(this.running);
    return this.code;
  }

  /** All that there is, pod by pod. Returns the exit code. */
  async show(pods: readonly Pod[]): Promise<number | undefined> {
    const note = (message: string): void => this.context.note(message);
    for (const pod of pods) for (const source of sourcesOf(pod, this.flags, note)) await this.copy(source);
    return this.code;
  }

  /** Which container was chosen is said once, however often pods like these change. */
  private sources(pod: Pod): readonly Source[] {
    return sourcesOf(pod, this.flags, (message) => {
      if (!this.told.has(message)) this.context.note(message);
      this.told.add(message);
    });
  }

  private join(pod: Pod, isLate: boolean): void {
    for (const source of this.sources(pod)) {
      if (!hasStarted(pod, source.container)) continue;
      const starts = pod.status?.containerStatuses?.find(({ name }) => name === source.container)?.restartCount ?? 0;
      const id = `${pod.metadata.uid}/${source.container}/${starts}`;
      if (this.joined.has(id)) continue;
      this.joined.add(id);
      if (isLate) this.say(source.pod, `+ ${source.pod} ${source.container}`);
      const copying = this.copy(source).finally(() => this.running.delete(copying));
      this.running.add(copying);
    }
  }

  private leave(pod: Pod): void {
    if ([...this.joined].some((id) => id.startsWith(`${pod.metadata.uid}/`)))
      this.say(pod.metadata.name, `- ${pod.metadata.name}`);
  }

  private say(pod: string, message: string): void {
    this.context.note(`${this.paint(pod, message)}\n`);
  }

  private paint(pod: string, text: string): string {
    const index = this.colours.get(pod) ?? this.colours.size;
    this.colours.set(pod, index);
    return this.context.palette.source(index, text);
  }

  private async copy(source: Source): Promise<void> {
    const prefix = this.options.prefixes ? `${this.paint(source.pod, `[pod/${source.pod}/${source.container}]`)} ` : '';
    try {
      await copyLog(this.context, source, this.query, prefix);
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
      if (!this.options.ignoreErrors) this.code = 1;
      this.context.note(errorText(error, this.context.palette));
    }
  }
}
