import type { Outcome, Running } from '../harness/programs';
import type { Host } from './host';
import type { HostCluster } from './host-cluster';

/** A pod as a place on the network: programs of the machine run where its packets begin and end. */
export class PodPlace {
  private constructor(
    readonly name: string,
    readonly ip: string,
    readonly host: Host,
    private readonly pid: string,
  ) {}

  /** Of a pod that runs. */
  static async of(cluster: HostCluster, name: string, namespace = 'default'): Promise<PodPlace> {
    const told = await cluster.ok([
      'get',
      'pod',
      name,
      '-n',
      namespace,
      '-o',
      'jsonpath={.metadata.uid} {.spec.nodeName} {.status.podIP}',
    ]);
    const [uid = '', node = '', ip = ''] = told.split(' ');
    const host = cluster.workerOf(node);
    const sandbox = ['--filter', `label=io.kubernetes.pod.uid=${uid}`, '--filter', 'label=io.pinsetter.type=sandbox'];
    const id = (await host.docker('ps', '--quiet', ...sandbox)).trim();
    // As the host numbers it.
    const pid = (await host.docker('inspect', '--format', '{{.State.Pid}}', id)).trim();
    return new PodPlace(name, ip, host, pid);
  }

  run(program: string, ...args: readonly string[]): Promise<Outcome> {
    return this.host.run('nsenter', ['--target', this.pid, '--net', program, ...args]);
  }

  start(program: string, ...args: readonly string[]): Running {
    return this.host.start('nsenter', ['--target', this.pid, '--net', program, ...args]);
  }
}
