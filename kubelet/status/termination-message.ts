import { open } from 'node:fs/promises';
import type { Container } from '../../shared/api/objects';
import type { ObservedContainer, Runtime } from '../runtime/runtime';

// k8s.io/kubernetes/pkg/kubelet/container: MaxContainerTerminationMessageLength and its Log… companions.
const MAX_MESSAGE_BYTES = 4096;
const MAX_LOG_BYTES = 2048;
const MAX_LOG_LINES = 80;

/** What a container left as its last words: the file, or the tail of its log where it asked for that and failed. */
export async function readTerminationMessage(
  runtime: Pick<Runtime, 'logs'>,
  subject: { readonly observed: ObservedContainer; readonly container: Container | undefined; readonly file: string },
): Promise<string> {
  const { observed, container, file } = subject;
  const message = await readHead(file);
  const failed = observed.state.phase === 'exited' && observed.state.exitCode !== 0;
  if (message !== '' || !failed || container?.terminationMessagePolicy !== 'FallbackToLogsOnError') return message;
  return readLogTail(runtime, observed.id);
}

async function readHead(file: string): Promise<string> {
  const handle = await open(file, 'r').catch(() => undefined);
  if (handle === undefined) return '';
  try {
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(MAX_MESSAGE_BYTES), 0, MAX_MESSAGE_BYTES, 0);
    return buffer.subarray(0, bytesRead).toString('utf8');
  } finally {
    await handle.close();
  }
}

async function readLogTail(runtime: Pick<Runtime, 'logs'>, id: string): Promise<string> {
  const log = await runtime.logs(id, { follow: false, timestamps: false, tailLines: MAX_LOG_LINES });
  const chunks: Buffer[] = [];
  const collect = async (stream: AsyncIterable<Buffer | string>): Promise<void> => {
    for await (const chunk of stream) chunks.push(Buffer.from(chunk));
  };
  await Promise.all([collect(log.stdout), collect(log.stderr)]);
  return Buffer.concat(chunks).subarray(-MAX_LOG_BYTES).toString('utf8');
}
