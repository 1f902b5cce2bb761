import type { Finding } from './finding';
import { bad, doubtful, good } from './finding';
import type { DoctorHost } from './host';

const GIB = 1024 ** 3;
const SLOW_FSYNC_MS = 20;
/** As far as the certificates' own allowance for clocks reaches. */
const MAX_SKEW_MS = 5 * 60 * 1_000;
const NOTABLE_SKEW_MS = 2_000;
const SYNC = 'timedatectl set-ntp true';

/** Whether the server answers, and whether both mean the same by "now". */
export async function checkServer(host: DoctorHost, url: string): Promise<readonly Finding[]> {
  const answer = await host.askServer(url);
  const { host: address, port } = new URL(url);
  if ('error' in answer) {
    return [
      bad(
        'server',
        `${url} does not answer (${answer.error}): does it run, and does it listen on that address?`,
        `curl -vk ${url}/livez`,
        `on the server: ss -ltnp 'sport = :${port === '' ? '443' : port}'`,
      ),
    ];
  }
  return [good('server', `${address} answers`), clockFinding(host.nowMs(), answer.nowMs)];
}

export function clockFinding(nowMs: number, serverMs: number | undefined): Finding {
  if (serverMs === undefined) return doubtful('clock', 'the server does not say what time it has', 'timedatectl');
  // The server's answer has whole seconds.
  const skewMs = Math.max(0, Math.abs(nowMs - serverMs) - 1_000);
  const way = nowMs > serverMs ? 'ahead of' : 'behind';
  const text = `this machine is ${Math.round(skewMs / 1_000)} s ${way} the server`;
  if (skewMs > MAX_SKEW_MS) return bad('clock', `${text}: certificates will not be accepted`, SYNC);
  return skewMs > NOTABLE_SKEW_MS ? doubtful('clock', text, SYNC) : good('clock', 'the same time as the server');
}

export async function checkDisk(host: DoctorHost, folder: string): Promise<readonly Finding[]> {
  const disk = await host.disk(folder);
  const fsyncMs = await host.fsyncMs(folder);
  return [
    ...(disk === undefined ? [] : [spaceFinding(folder, disk.freeBytes)]),
    fsyncMs === undefined
      ? bad('disk speed', `${folder} cannot be written`, `ls -ld ${folder}`)
      : fsyncMs > SLOW_FSYNC_MS
        ? doubtful(
            'disk speed',
            `a durable write to ${folder} takes ${fsyncMs.toFixed(1)} ms: every change of the cluster waits for one`,
            `# move ${folder} to a faster disk`,
          )
        : good('disk speed', `a durable write takes ${fsyncMs.toFixed(1)} ms`),
  ];
}

function spaceFinding(folder: string, freeBytes: number): Finding {
  const text = `${(freeBytes / GIB).toFixed(1)} GiB free for ${folder}`;
  const find = 'docker system df; du -xh / 2>/dev/null | sort -h | tail -20';
  if (freeBytes < GIB) return bad('disk', text, find);
  return freeBytes < 5 * GIB ? doubtful('disk', text, find) : good('disk', text);
}

/** Whether the server can listen there. It may well be the server itself that already does. */
export async function checkPort(host: DoctorHost, address: string, port: number): Promise<Finding> {
  const why = await host.tryListen(address, port);
  if (why === undefined) return good('port', `${port} is free`);
  if (why === 'EADDRINUSE') {
    const reached = ['0.0.0.0', '::'].includes(address) ? '127.0.0.1' : address;
    const answer = await host.askServer(`https://${reached}:${port}`);
    if (!('error' in answer)) return good('port', `a server answers at ${port} already`);
    return bad('port', `${address}:${port} is in use by something else`, `ss -ltnp 'sport = :${port}'`);
  }
  if (why === 'EACCES')
    return good('port', `${port} is for programs with the right to low ports, which the service has`);
  return bad('port', `${address}:${port} cannot be listened on (${why})`, 'ip -br address');
}
