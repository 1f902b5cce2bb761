import type { Cluster } from '../../harness/cluster';
import { credentialsOf } from '../../harness/api';
import type { Running } from '../../harness/programs';
import { RawConnection } from '../raw-client';
import { showProgress } from '../report';
import { manifestOf, PODS } from './pods';

const FILLERS = 64;

/** The server that is measured, and its peer, which answers with the same bytes. */
export class Target {
  /** `bench-1` is there before. */
  private created = 1;

  constructor(
    private readonly cluster: Cluster,
    private readonly bare: Running,
    private readonly barePort: number,
  ) {}

  get port(): number {
    return this.cluster.port;
  }

  get pid(): number {
    return this.cluster.serverPid;
  }

  get barePid(): number {
    return this.bare.pid;
  }

  get credentials() {
    return credentialsOf(this.cluster.kubeconfig);
  }

  open(count: number): Promise<RawConnection[]> {
    return openTo(this.port, count, this.credentials);
  }

  openBare(count: number): Promise<RawConnection[]> {
    return openTo(this.barePort, count, this.credentials);
  }

  /** As somebody who shows a token, and no certificate. */
  openWithoutCertificate(count: number): Promise<RawConnection[]> {
    return openTo(this.port, count, { ca: this.credentials.ca });
  }

  /** One more pod. */
  readonly create = (connection: RawConnection): Promise<number> =>
    connection.request('POST', PODS, manifestOf(`bench-${(this.created += 1)}`));

  /** Creates pods until there are as many. */
  async fill(total: number): Promise<void> {
    const connections = await this.open(FILLERS);
    await Promise.all(
      connections.map(async (connection) => {
        while (this.created < total) {
          await this.create(connection);
          if (this.created % 1_000 === 0) showProgress(`${this.created} of ${total} pods`);
        }
      }),
    );
    for (const connection of connections) connection.close();
  }
}

const openTo = (
  port: number,
  count: number,
  credentials: Parameters<typeof RawConnection.open>[1],
): Promise<RawConnection[]> => Promise.all(Array.from({ length: count }, () => RawConnection.open(port, credentials)));
