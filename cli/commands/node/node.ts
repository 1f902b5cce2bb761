import { systemClock, toTimestamp } from '../../../shared/clock';
import { humanDuration } from '../../../shared/human-duration';
import { UsageError } from '../../client/resources';
import { layoutColumns } from '../../output/columns';
import type { Command, Context } from '../command';
import { group, text, words } from '../command';
import { CSR_PATH, openJoinRequests } from './requests';

/** An answer to machines that wait (a server with --node-approval manual). */
const answering = (
  name: string,
  describe: string,
  decision: { readonly type: 'Approved' | 'Denied'; readonly reason: string },
): Command => ({
  name,
  usage: `${name} [nodes..]`,
  describe,
  build: (yargs) => yargs.option('reason', { type: 'string', describe: 'what the machine is told' }),
  run: async (context, flags) => {
    const names = words(flags, 'nodes');
    if (names.length === 0) throw new UsageError('say which: kubectl-lite node requests shows who waits');
    const waiting = await openJoinRequests(context);
    for (const nodeName of names) {
      const found = waiting.filter((each) => each.nodeName === nodeName);
      const [only] = found;
      if (only === undefined)
        throw new UsageError(`no machine waits to join as "${nodeName}": kubectl-lite node requests shows who does`);
      if (found.length > 1)
        throw new UsageError(
          `several machines want to be "${nodeName}": compare their keys (kubectl-lite node requests), then kubectl-lite certificate ${name} REQUEST`,
        );
      const { request } = only;
      const message = text(flags, 'reason') ?? `${decision.type} by kubectl-lite node ${name}.`;
      const condition = { ...decision, status: 'True', message, lastUpdateTime: toTimestamp(systemClock.now()) };
      await context.client().json({
        method: 'PUT',
        path: `${CSR_PATH}/${request.metadata.name}/approval`,
        body: { ...request, status: { ...request.status, conditions: [condition] } },
      });
      context.out(`node/${nodeName} ${decision.type.toLowerCase()}\n`);
    }
  },
});

const requests: Command = {
  name: 'requests',
  usage: 'requests',
  describe: 'machines that wait to be let in, and their keys',
  build: (yargs) => yargs,
  run: async (context: Context) => {
    const waiting = await openJoinRequests(context);
    if (waiting.length === 0) return context.note('No machine waits to join.\n');
    const nowMs = systemClock.now();
    const rows = waiting.map(({ nodeName, keyFingerprint, request }) => [
      nodeName,
      humanDuration(nowMs - Date.parse(request.metadata.creationTimestamp)),
      request.metadata.name,
      keyFingerprint,
    ]);
    context.out(layoutColumns([['NODE', 'AGE', 'REQUEST', 'KEY'], ...rows]));
  },
};

export const node = group({
  name: 'node',
  describe: 'let machines in, where joining needs approval',
  subcommands: [
    requests,
    answering('approve', 'let a machine in', { type: 'Approved', reason: 'NodeApproved' }),
    answering('deny', 'keep a machine out', { type: 'Denied', reason: 'NodeDenied' }),
  ],
});
