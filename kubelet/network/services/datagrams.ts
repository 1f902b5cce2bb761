import type { RunProgram } from '../run-program';
import type { Target } from './frontend';
import { targetKey } from './frontend';
import type { FrontendChange } from './kernel';

/**
 * The kernel goes on sending a client's datagrams where it sent the first: entries of targets that are gone must go. Without
 * the program for it they end by the kernel's own timeout.
 */
export async function forgetDatagrams(changes: readonly FrontendChange[], run: RunProgram): Promise<void> {
  for (const { old, fresh } of changes) {
    const frontend = fresh ?? old;
    if (frontend?.protocol !== 'UDP') continue;
    const stays = new Set((fresh?.targets ?? []).map(targetKey));
    const gone = (old?.targets ?? []).filter((target) => !stays.has(targetKey(target)));
    const what = ['-D', '-p', 'udp', '--orig-port-dst', String(frontend.port)];
    const where = frontend.address === undefined ? what : [...what, '--orig-dst', frontend.address];
    if ((old?.targets ?? []).length === 0 && stays.size > 0) await forget(where, run);
    else for (const target of gone) await forget([...where, ...replySource(target)], run);
  }
}

const replySource = ({ address, port }: Target): readonly string[] => [
  ...['--reply-src', address],
  ...['--reply-port-src', String(port)],
];

/** Fails also where there is no such entry. */
const forget = (args: readonly string[], run: RunProgram): Promise<void> =>
  run('conntrack', args).then(
    () => undefined,
    () => undefined,
  );
