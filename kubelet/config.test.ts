import { parseConfig } from './config';

const host = { hostname: 'Box-1', isTerminal: false, cwd: '/srv' };
const SERVER = ['--server', 'https://192.0.2.1:6443'];

it('needs nothing but a server', () => {
  expect(parseConfig(SERVER, host)).toEqual({
    serverUrls: ['https://192.0.2.1:6443'],
    nodeName: 'box-1',
    clusterDomain: 'cluster.local',
    labels: {},
    dataDir: '/var/lib/pinsetter-agent',
    dockerSocket: '/var/run/docker.sock',
    ingress: true,
    ingressHttpPort: 80,
    ingressHttpsPort: 443,
    ingressImage: 'nginx:stable',
    maxPods: 110,
    podPidsLimit: 4096,
    allowedUnsafeSysctls: [],
    evictionHard: [
      { signal: 'memory.available', limit: { amount: 100 * 2 ** 20 } },
      { signal: 'nodefs.available', limit: { share: 0.1 } },
      { signal: 'nodefs.inodesFree', limit: { share: 0.05 } },
    ],
    containerLogs: { maxBytes: 10_485_760, maxFiles: 5 },
    imagePolicy: { minimumAgeMs: 120_000, keepPerRepository: 0, pins: [] },
    imageThresholds: { highPercent: 85, lowPercent: 80 },
    fences: true,
    logLevel: 'info',
    logFormat: 'json',
  });
});

it('takes several servers and labels', () => {
  const config = parseConfig(
    [...SERVER, '--server', 'https://b:1', '--node-label', 'a=b=c', '--node-label', 'd='],
    host,
  );
  expect(config.serverUrls).toEqual(['https://192.0.2.1:6443', 'https://b:1']);
  expect(config.labels).toEqual({ a: 'b=c', d: '' });
});

it.each([
  [[], 'server'],
  [['--server', 'http://x'], 'must be an https URL'],
  [[...SERVER, '--node-name', 'No_Such'], 'lower-case letters'],
  [[...SERVER, '--node-label', 'x'], 'must be key=value'],
  [[...SERVER, '--docker-host', 'tcp://x'], 'must be a unix:// socket'],
  [[...SERVER, '--max-pods', '0'], 'whole number above 0'],
  [[...SERVER, '--ingress-http-port', '65536'], 'at most 65535'],
  [[...SERVER, '--eviction-hard', 'memory.available'], 'must be SIGNAL<QUANTITY'],
  [[...SERVER, '--eviction-hard', 'swap.available<1Gi'], '"swap.available" is none of memory.available'],
  [[...SERVER, '--eviction-hard', 'memory.available<110%'], 'must be from 0% to 100%'],
  [[...SERVER, '--eviction-hard', 'memory.available<much'], 'must be a quantity'],
  [[...SERVER, '--eviction-hard', 'pid.available<1,pid.available<2'], 'pid.available is given twice'],
  [[...SERVER, '--container-log-max-size', 'big'], 'must be a quantity of bytes above 0, as 10Mi'],
  [[...SERVER, '--container-log-max-files', '1'], 'must be a whole number above 1'],
  [[...SERVER, '--image-gc-high-threshold', '101'], 'must be from 0 to 100'],
  [[...SERVER, '--image-gc-low-threshold', '85'], 'must be below --image-gc-high-threshold (85)'],
  [[...SERVER, '--minimum-image-ttl-duration', '2'], 'must be a duration such as 90s'],
  [[...SERVER, '--image-gc-keep-last', '-1'], 'must be a whole number'],
  [[...SERVER, '--nope'], 'nope'],
])('refuses %j saying %s', (argv, message) => {
  expect(() => parseConfig(argv, host)).toThrow(message);
});
