import { X509Certificate } from 'node:crypto';
import { TLSSocket } from 'node:tls';
import type { Node } from '../../shared/api/objects';
import { systemClock, toTimestamp } from '../../shared/clock';
import { humanDuration } from '../../shared/human-duration';
import { StatusError } from '../../shared/status-error';
import { layoutColumns } from '../output/columns';
import { clusterDump } from './cluster-dump';
import type { Command, Context } from './command';

const NODE_CERTIFICATE_ENDS = 'pinsetter.io/certificate-ends';
/** Nodes renew theirs when a third of its life is left; with less than this something is in the way. */
const SOON_MS = 14 * 24 * 60 * 60 * 1_000;

interface Certificate {
  readonly of: string;
  readonly endsMs: number;
}

export const clusterInfo: Command = {
  name: 'cluster-info',
  usage: 'cluster-info',
  describe: 'where the control plane is, whether it answers, and when certificates end',
  build: (yargs) => yargs,
  subcommands: [clusterDump],
  run: async (context) => {
    const { connection } = context.client();
    // One that does not answer is told as an error.
    const response = await context.client().open({ path: '/version' });
    const { socket } = response;
    const shown = socket instanceof TLSSocket ? socket.getPeerX509Certificate() : undefined;
    response.resume();
    const { good, bold, bad } = context.palette;
    context.out(`${good('Kubernetes control plane')} is running at ${bold(connection.server)}\n`);
    const certificates: readonly Certificate[] = [
      ...(shown === undefined ? [] : [{ of: 'server', endsMs: endOf(shown) }]),
      ...ofPem('authority', connection.ca),
      ...ofPem('you', connection.certificate),
      ...(await ofNodes(context)),
    ];
    if (certificates.length === 0) return;
    const nowMs = systemClock.now();
    const rows = certificates.map(({ of, endsMs }) => [
      of,
      toTimestamp(endsMs),
      endsMs <= nowMs ? 'ended' : humanDuration(endsMs - nowMs),
    ]);
    const isSoon = (row: number): boolean => (certificates[row - 1]?.endsMs ?? Infinity) - nowMs < SOON_MS;
    const table = layoutColumns([['CERTIFICATE OF', 'ENDS', 'LEFT'], ...rows], {
      paint: (cell, row, column) => (column === 2 && isSoon(row) ? bad(cell) : cell),
    });
    context.out(`\n${table}`);
  },
};

const endOf = (certificate: X509Certificate): number => Date.parse(certificate.validTo);

const ofPem = (of: string, pem: Buffer | undefined): readonly Certificate[] =>
  pem === undefined ? [] : [{ of, endsMs: endOf(new X509Certificate(pem)) }];

/** What nodes showed when they connected. Who may not read nodes sees none. */
async function ofNodes(context: Context): Promise<readonly Certificate[]> {
  const nodes = await context
    .client()
    .json<{ readonly items: readonly Node[] }>({ path: '/api/v1/nodes' })
    .catch((error: unknown) => {
      if (error instanceof StatusError && error.reason === 'Forbidden') return { value: { items: [] } };
      throw error;
    });
  return nodes.value.items
    .map(({ metadata }) => ({
      of: `node ${metadata.name}`,
      endsMs: Date.parse(metadata.annotations?.[NODE_CERTIFICATE_ENDS] ?? ''),
    }))
    .filter(({ endsMs }) => !Number.isNaN(endsMs));
}
