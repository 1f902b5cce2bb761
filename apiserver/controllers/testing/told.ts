import type { TestControllers } from './test-controllers';

/** What Events say of objects of a kind, as `TYPE REASON: MESSAGE`. */
export async function toldOf({ client, events }: TestControllers, kind: string): Promise<readonly string[]> {
  await events.flush();
  return client
    .view('Event')
    .list({ where: ({ involvedObject }) => involvedObject.kind === kind })
    .map(({ type, reason, message }) => `${type ?? ''} ${reason ?? ''}: ${message ?? ''}`);
}
