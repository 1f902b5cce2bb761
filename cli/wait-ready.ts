import { systemClock } from '../shared/clock';
import { isNotFound } from '../shared/status-error';
import type { StoredObject } from './api-object';
import { resultName } from './client/resources';
import type { Context } from './commands/command';
import type { Named } from './found';
import { readNamed } from './found';
import { colourStatus } from './output/palette';
import type { Readiness } from './readiness';
import { readinessOf } from './readiness';

const LOOK_MS = 300;

/** Shows the objects until all are ready, in place on a terminal. Returns the exit code. */
export async function untilReady(
  context: Context,
  objects: readonly StoredObject[],
  timeoutSeconds: number,
): Promise<number> {
  const resources = await context.resources();
  const awaited = objects.flatMap(({ apiVersion, kind, metadata: { name, namespace } }): readonly Named[] => {
    const resource = resources.byKind(apiVersion, kind);
    return resource === undefined ? [] : [{ resource, namespace, name }];
  });
  const isTerminal = context.environment.stdout.isTTY === true;
  const deadlineMs = systemClock.monotonic() + timeoutSeconds * 1_000;
  const shown = new Map<string, string>();
  for (;;) {
    const states = await Promise.all(
      awaited.map(async (named) => ({
        id: `${resultName(named.resource)}/${named.name}`,
        ...(await look(context, named)),
      })),
    );
    if (isTerminal && shown.size > 0) context.out(`\x1b[${states.length}A`);
    for (const { id, word } of states) {
      if (isTerminal) context.out(`\x1b[2K  ${id}  ${colourStatus(context.palette, word)}\n`);
      else if (shown.get(id) !== word) context.out(`${id} ${word}\n`);
      shown.set(id, word);
    }
    const lost = states.filter(({ failed }) => failed);
    if (lost.length > 0) {
      context.note(`failed: ${lost.map(({ id, word }) => `${id} (${word})`).join(', ')}: ${hintFor(lost[0]?.id)}\n`);
      return 1;
    }
    if (states.every(({ done }) => done)) return 0;
    if (systemClock.monotonic() > deadlineMs) {
      const late = states.filter(({ done }) => !done).map(({ id }) => id);
      context.note(`not ready after ${timeoutSeconds} s: ${late.join(', ')}: ${hintFor(late[0])}\n`);
      return 1;
    }
    await systemClock.sleep(LOOK_MS, context.environment.signal);
  }
}

const hintFor = (id = ''): string => `kubectl-lite ${id.startsWith('pod/') ? 'why' : 'describe'} ${id} tells more`;

async function look(context: Context, named: Named): Promise<Readiness> {
  try {
    return readinessOf(await readNamed(context, named));
  } catch (error) {
    if (isNotFound(error)) return { word: 'deleted', done: false, failed: true };
    throw error;
  }
}
