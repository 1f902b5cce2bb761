import { parseConfig } from './config';

const host = { hostname: 'Box-1', isTerminal: false, cwd: '/srv' };
const SERVER = ['--server', 'https://192.0.2.1:6443'];

it('needs nothing but a server', () => {
  expect(parseConfig(SERVER, host)).toEqual({
    serverUrls: ['https://192.0.2.1:6443'],
    nodeName: 'box-1',
    labels: {},
    dataDir: '/var/lib/pinsetter-agent',
    dockerSocket: '/var/run/docker.sock',
    maxPods: 110,
    podPidsLimit: 4096,
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
  [[...SERVER, '--nope'], 'nope'],
])('refuses %j saying %s', (argv, message) => {
  expect(() => parseConfig(argv, host)).toThrow(message);
});
