import type { Finding } from './finding';
import { bad, doubtful, good } from './finding';
import type { DoctorHost } from './host';

/** The Docker API that pods need. */
const OLDEST_API = 1.41;
const START = 'systemctl enable --now docker';

export async function checkEngine(host: DoctorHost, socket: string): Promise<Finding> {
  const engine = await host.engineVersion(socket);
  if ('version' in engine) {
    return Number(engine.apiVersion) >= OLDEST_API
      ? good('docker', `${engine.version} answers at ${socket}`)
      : bad('docker', `${engine.version} is too old: 20.10 or later is needed`, 'apt-get install docker.io');
  }
  switch (engine.error) {
    case 'ENOENT':
      return bad('docker', `no engine at ${socket}`, `apt-get install docker.io && ${START}`);
    case 'EACCES':
      return bad('docker', `${socket} may not be used by this user`, 'sudo pinsetter-agent doctor');
    case 'ECONNREFUSED':
      return bad('docker', `the engine at ${socket} does not run`, START);
    default:
      return bad('docker', `the engine at ${socket} does not answer: ${engine.error}`, 'journalctl -u docker -n 50');
  }
}

export async function checkCgroups(host: DoctorHost): Promise<Finding> {
  if (await host.has('/sys/fs/cgroup/cgroup.controllers')) return good('cgroups', 'version 2');
  for (const controller of ['memory', 'cpu', 'pids']) {
    if (!(await host.has(`/sys/fs/cgroup/${controller}`))) {
      return doubtful(
        'cgroups',
        `version 1 without the ${controller} controller: limits of that sort do not hold`,
        `cat /proc/cgroups   # and add cgroup_enable=${controller} to the kernel's command line`,
      );
    }
  }
  return good('cgroups', 'version 1');
}

/** What each way to connect pods of several machines needs of the kernel, and a function that kernels with it have. */
const FEATURES = [
  { module: 'vxlan', symbol: 'vxlan_xmit', without: 'pods of machines in different networks need another way' },
  { module: 'wireguard', symbol: 'wg_xmit', without: 'traffic between machines is not encrypted' },
  {
    module: 'nf_tables',
    symbol: 'nft_do_chain',
    without: 'Services go by the slower iptables, and NetworkPolicies do not hold',
  },
] as const;

export async function checkKernel(host: DoctorHost): Promise<readonly Finding[]> {
  const symbols = (await host.read('/proc/kallsyms')) ?? '';
  return Promise.all(
    FEATURES.map(async ({ module, symbol, without }) => {
      const isThere =
        new RegExp(` ${symbol}\\b`).test(symbols) || (await host.run('modprobe', ['-n', '-q', module]))?.status === 0;
      if (!isThere && module === 'wireguard' && (await host.run('wireguard-go', ['--version']))?.status === 0)
        return good(module, 'wireguard-go does it');
      return isThere
        ? good(module, 'the kernel has it')
        : doubtful(
            module,
            `not in this kernel: ${without}`,
            module === 'wireguard' ? 'apt-get install wireguard-tools wireguard-go' : `modprobe ${module}`,
          );
    }),
  );
}

/** What programs Services, NetworkPolicies and the ways to other machines' pods. */
export async function checkPrograms(host: DoctorHost): Promise<Finding> {
  const about = 'services';
  const answers = async (program: string, ...args: readonly string[]): Promise<boolean> =>
    (await host.run(program, args))?.status === 0;
  if (await answers('nft', 'list', 'tables')) return good(about, 'by nftables');
  const remedy = 'apt-get install nftables';
  return (await answers('iptables', '-w', '5', '-t', 'nat', '-S', 'PREROUTING'))
    ? doubtful(
        about,
        'by the slower iptables: without nft, NetworkPolicies do not hold, nor are pods of other machines reached',
        remedy,
      )
    : bad(about, 'neither nft nor iptables can be used: Services are not served here', remedy);
}

/** What gives pods their interfaces; without it the engine does. */
export async function checkInterfaces(host: DoctorHost): Promise<Finding> {
  const about = 'pod interfaces';
  const [ip, nsenter] = await Promise.all([host.run('ip', ['-V']), host.run('nsenter', ['--version'])]);
  if (ip?.status === 0 && nsenter?.status === 0) return good(about, 'by ip and nsenter');
  const [missing, remedy] = ip?.status === 0 ? ['nsenter', 'util-linux'] : ['ip', 'iproute2'];
  return doubtful(
    about,
    `by the engine, for ${missing} is missing: a new connection may end when a pod goes that its port was used with before`,
    `apt-get install ${remedy}`,
  );
}

export async function checkForwarding(host: DoctorHost): Promise<Finding> {
  const value = (await host.read('/proc/sys/net/ipv4/ip_forward'))?.trim();
  return value === '0'
    ? bad(
        'forwarding',
        'the kernel passes no packets on: pods reach nothing',
        "echo 'net.ipv4.ip_forward = 1' > /etc/sysctl.d/90-pinsetter.conf && sysctl --system",
      )
    : good('forwarding', 'the kernel passes packets on');
}
