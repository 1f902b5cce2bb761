import type { Pod } from '../shared/api/objects';
import { systemClock } from '../shared/clock';
import { isNotFound } from '../shared/status-error';
import type { StoredObject } from './api-object';
import type { Context } from './commands/command';
import { colourStatus } from './output/palette';

const LOOK_MS = 300;

/** What a pod is about, in the word that `get pods` shows. */
function progressOf(pod: Pod): { readonly word: string; readonly done: boolean; readonly failed: boolean } {
  const waiting = pod.status?.containerStatuses?.find(({ state }) => state?.waiting?.reason !== undefined)?.state
    ?.waiting?.reason;
  const ready = pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') === true;
  const phase = pod.status?.phase ?? 'Pending';
  return {
    word: waiting ?? (ready ? 'Ready' : phase),
    done: ready || phase === 'Succeeded',
    failed: phase === 'Failed',
  };
}

/** Shows the pods among the objects until all are ready, in place on a terminal. Returns the exit code. */
export async function untilReady(
  context: Context,
  objects: readonly StoredObject[],
  timeoutSeconds: number,
): Promise<number> {
  const pods = objects.filter(({ kind }) => kind === 'Pod');
  const terminal = context.environment.stdout.isTTY === true;
  const deadlineMs = systemClock.monotonic() + timeoutSeconds * 1_000;
  const shown = new Map<string, string>();
  for (;;) {
    const states = await Promise.all(
      pods.map(async ({ metadata: { name, namespace = 'default' } }) => ({
        name,
        ...(await look(context, namespace, name)),
      })),
    );
    if (terminal) {
      if (shown.size > 0) context.out(`\x1b[${states.length}A`);
      for (const { name, word } of states) context.out(`\x1b[2K  ${name}  ${colourStatus(context.palette, word)}\n`);
    }
    for (const { name, word } of states) {
      if (!terminal && shown.get(name) !== word) context.out(`pod/${name} ${word}\n`);
      shown.set(name, word);
    }
    if (states.some(({ failed }) => failed)) return 1;
    if (states.every(({ done }) => done)) return 0;
    if (systemClock.monotonic() > deadlineMs) {
      const late = states.filter(({ done }) => !done).map(({ name }) => name);
      context.note(
        `not ready after ${timeoutSeconds} s: ${late.join(', ')} (kubectl-lite why pod/${late[0] ?? ''} tells more)\n`,
      );
      return 1;
    }
    await systemClock.sleep(LOOK_MS, context.environment.signal);
  }
}

async function look(context: Context, namespace: string, name: string): Promise<ReturnType<typeof progressOf>> {
  try {
    const { value } = await context.client().json<Pod>({ path: `/api/v1/namespaces/${namespace}/pods/${name}` });
    return progressOf(value);
  } catch (error) {
    if (isNotFound(error)) return { word: 'deleted', done: false, failed: true };
    throw error;
  }
}
