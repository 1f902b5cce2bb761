import type { Context } from '../commands/command';
import type { Source } from './log-source';

export type LogQuery = Readonly<Record<string, string | number | boolean | undefined>>;

/** Writes a container's log to the output, a prefix before each line. Ends with the log, or when the person interrupts. */
export async function copyLog(context: Context, source: Source, query: LogQuery, prefix: string): Promise<void> {
  const { signal, stdout } = context.environment;
  try {
    const response = await context.client().open({
      path: `/api/v1/namespaces/${encodeURIComponent(source.namespace)}/pods/${encodeURIComponent(source.pod)}/log`,
      query: { ...query, container: source.container },
      signal,
    });
    const decoder = new TextDecoder();
    let rest = '';
    for await (const chunk of context.client().read(response, { signal })) {
      if (prefix === '') {
        // Bytes as they are: a log need not be text.
        if (!stdout.write(chunk)) await new Promise((resolve) => stdout.once('drain', resolve));
        continue;
      }
      const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
      rest = lines.pop() ?? '';
      if (lines.length > 0) context.out(lines.map((line) => `${prefix}${line}\n`).join(''));
    }
    if (rest !== '') context.out(`${prefix}${rest}\n`);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
