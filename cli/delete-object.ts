import { systemClock } from '../shared/clock';
import { isNotFound } from '../shared/status-error';
import type { StoredObject } from './api-object';
import { UsageError, pathOf, resultName } from './client/resources';
import type { Context } from './commands/command';
import type { Named } from './found';
import { readNamed } from './found';

const LOOK_MS = 150;
const PATIENCE_MS = 2_000;

const CASCADES: Readonly<Record<string, string>> = {
  background: 'Background',
  foreground: 'Foreground',
  orphan: 'Orphan',
  true: 'Background',
  false: 'Orphan',
};

/** Deletes an object and returns what the server says of it. Throws StatusError, UsageError for an unknown cascade. */
export async function deleteObject(
  context: Context,
  { resource, namespace, name }: Named,
  options: { readonly cascade: string; readonly gracePeriodSeconds: number | undefined; readonly dryRun: boolean },
): Promise<StoredObject> {
  const propagationPolicy = CASCADES[options.cascade];
  if (propagationPolicy === undefined)
    throw new UsageError(`invalid cascade value (${options.cascade}). Must be "background", "foreground", or "orphan"`);
  const { gracePeriodSeconds } = options;
  const { value } = await context.client().json<StoredObject & { details?: { uid?: string } }>({
    method: 'DELETE',
    path: pathOf(resource, namespace, name),
    query: { dryRun: options.dryRun ? 'All' : undefined },
    body: {
      kind: 'DeleteOptions',
      apiVersion: 'v1',
      propagationPolicy,
      ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
    },
  });
  // What is gone at once is answered with a Status that names the uid.
  return { ...value, metadata: { ...value.metadata, uid: value.details?.uid ?? value.metadata.uid } };
}

/** Also gone: another object by the same name. `timeoutSeconds`: 0 is without end. Throws UsageError when time is up. */
export async function untilGone(
  context: Context,
  named: Named,
  uid: string | undefined,
  timeoutSeconds: number,
): Promise<void> {
  const tell = patience(context, `${resultName(named.resource)}/${named.name}`);
  const deadlineMs = timeoutSeconds === 0 ? Infinity : systemClock.monotonic() + timeoutSeconds * 1_000;
  for (;;) {
    try {
      const { metadata } = await readNamed(context, named);
      if (uid !== undefined && metadata.uid !== uid) return;
    } catch (error) {
      if (isNotFound(error)) return;
      throw error;
    }
    if (systemClock.monotonic() > deadlineMs) {
      const type = resultName(named.resource);
      throw new UsageError(
        `timed out waiting for the condition on ${named.resource.plural}/${named.name}: kubectl-lite describe ${type} ${named.name} tells what holds it`,
      );
    }
    tell();
    await systemClock.sleep(LOOK_MS, context.environment.signal);
  }
}

/** After a while a person at a terminal is told once for what they wait. */
function patience({ environment, palette, note }: Context, name: string): () => void {
  const sinceMs = systemClock.monotonic();
  let isTold = environment.stderr.isTTY !== true;
  return () => {
    if (isTold || systemClock.monotonic() - sinceMs < PATIENCE_MS) return;
    isTold = true;
    note(palette.dim(`waiting until ${name} is gone; Ctrl-C leaves it to end by itself\n`));
  };
}
