import { examineAgent, examineServer } from './doctor';
import type { Finding } from './finding';
import { findingsText, verdict } from './finding';
import { droppingInputChain, iptablesDrops, nftAllows, ufwAllows } from './firewall-checks';
import { aDoctorHost } from './testing/fake-doctor-host';

const HEALTHY = {
  '/sys/fs/cgroup/cgroup.controllers': 'cpu memory pids',
  '/proc/kallsyms': '0 t vxlan_xmit\n0 t wg_xmit\t[wireguard]\n0 T nft_do_chain\t[nf_tables]\n',
  '/proc/sys/net/ipv4/ip_forward': '1\n',
};
type Traits = Parameters<typeof aDoctorHost>[0];
const blocks = [
  { of: 'pods', flag: '--cluster-cidr', cidr: '10.244.0.0/16' },
  { of: 'Services', flag: '--service-cluster-ip-range', cidr: '10.96.0.0/16' },
];
const routes = (...found: readonly { dst: string; dev: string; protocol?: string }[]): Traits => ({
  programs: { 'ip -json -4 route show table main': JSON.stringify([{ dst: 'default', dev: 'eth0' }, ...found]) },
});

const agent = (traits: Traits = {}): Promise<readonly Finding[]> =>
  examineAgent(aDoctorHost({ ...traits, files: { ...HEALTHY, ...traits.files } }), {
    dataDir: '/var/lib/pinsetter-agent',
    dockerSocket: '/var/run/docker.sock',
    serverUrls: ['https://192.0.2.10:6443'],
    blocks: blocks.slice(0, 1),
  });
const server = (traits: Traits = {}): Promise<readonly Finding[]> =>
  examineServer(aDoctorHost(traits), { dataDir: '/var/lib/pinsetter', bindAddress: '0.0.0.0', port: 6443, blocks });
const fails = (error: string) => () => Promise.resolve({ error });

it('finds nothing wrong with a machine that has all', async () => {
  const findings = [...(await agent()), ...(await server())];
  expect(findings.filter(({ level }) => level !== 'good')).toEqual([]);
  expect(verdict(findings)).toBe(0);
});

it.each<[string, Traits, Partial<Finding>]>([
  [
    'no Docker',
    { host: { engineVersion: fails('ENOENT') } },
    { about: 'docker', level: 'bad', type: ['apt-get install docker.io && systemctl enable --now docker'] },
  ],
  [
    'a Docker that does not run',
    { host: { engineVersion: fails('ECONNREFUSED') } },
    { about: 'docker', level: 'bad', type: ['systemctl enable --now docker'] },
  ],
  [
    'an old Docker',
    { host: { engineVersion: () => Promise.resolve({ version: '19.03', apiVersion: '1.40' }) } },
    { about: 'docker', level: 'bad', text: '19.03 is too old: 20.10 or later is needed' },
  ],
  [
    'no server',
    { host: { askServer: fails('ECONNREFUSED') } },
    {
      about: 'server',
      level: 'bad',
      type: ['curl -vk https://192.0.2.10:6443/livez', "on the server: ss -ltnp 'sport = :6443'"],
    },
  ],
  [
    'a clock that is an hour ahead',
    { host: { nowMs: () => 3_600_000 } },
    {
      about: 'clock',
      level: 'bad',
      text: 'this machine is 3599 s ahead of the server: certificates will not be accepted',
      type: ['timedatectl set-ntp true'],
    },
  ],
  ['a clock that is ten seconds behind', { host: { nowMs: () => -10_000 } }, { about: 'clock', level: 'doubtful' }],
  [
    'a kernel that forwards nothing',
    { files: { '/proc/sys/net/ipv4/ip_forward': '0\n' } },
    { about: 'forwarding', level: 'bad' },
  ],
  [
    'ufw that drops what is routed',
    {
      programs: { 'ufw status verbose': 'Status: active\nDefault: deny (incoming), allow (outgoing), deny (routed)\n' },
    },
    { about: 'firewall', level: 'doubtful', type: ['ufw default allow routed'] },
  ],
  [
    'iptables in the place of nftables',
    { programs: { 'nft list tables': undefined, 'iptables -w 5 -t nat -S PREROUTING': '-P PREROUTING ACCEPT\n' } },
    { about: 'services', level: 'doubtful', type: ['apt-get install nftables'] },
  ],
  [
    'neither nftables nor iptables',
    { programs: { 'nft list tables': undefined } },
    { about: 'services', level: 'bad', type: ['apt-get install nftables'] },
  ],
  [
    'a machine without nsenter',
    { programs: { 'nsenter --version': undefined } },
    { about: 'pod interfaces', level: 'doubtful', type: ['apt-get install util-linux'] },
  ],
  [
    'a full disk',
    { host: { disk: () => Promise.resolve({ freeBytes: 1e8, totalBytes: 1e11 }) } },
    { about: 'disk', level: 'bad' },
  ],
  ['a slow disk', { host: { fsyncMs: () => Promise.resolve(35) } }, { about: 'disk speed', level: 'doubtful' }],
  [
    'a folder that cannot be written',
    { host: { fsyncMs: () => Promise.resolve(undefined) } },
    { about: 'disk speed', level: 'bad' },
  ],
])('tells an agent of %s, and what to type', async (_what, traits, finding) => {
  const wrong = (await agent(traits)).filter(({ level }) => level !== 'good');
  expect(wrong).toEqual([expect.objectContaining(finding)]);
  expect(wrong[0]?.type).not.toEqual([]);
});

it('tells of a kernel without WireGuard, which joins nevertheless', async () => {
  const kallsyms = HEALTHY['/proc/kallsyms'].replace('wg_xmit', 'wg_xmit_of_others');
  const host = aDoctorHost({ files: { ...HEALTHY, '/proc/kallsyms': kallsyms } });
  const findings = await examineAgent(host, {
    dataDir: '/d',
    dockerSocket: '/s',
    serverUrls: ['https://a:1'],
    blocks: [],
  });
  expect(findings.filter(({ level }) => level !== 'good')).toMatchObject([
    { about: 'wireguard', level: 'doubtful', type: ['apt-get install wireguard-tools wireguard-go'] },
  ]);
  expect(verdict(findings)).toBe(0);
});

it('asks the next server where one does not answer', async () => {
  const host = aDoctorHost({
    files: HEALTHY,
    host: { askServer: (url) => Promise.resolve(url.includes('//a') ? { error: 'ECONNREFUSED' } : { nowMs: 0 }) },
  });
  const findings = await examineAgent(host, {
    dataDir: '/d',
    dockerSocket: '/s',
    serverUrls: ['https://a:1', 'https://b:1'],
    blocks: [],
  });
  expect(findings.filter(({ about }) => about === 'server')).toMatchObject([{ level: 'good', text: 'b:1 answers' }]);
});

it.each<[string, Traits, Partial<Finding>]>([
  [
    'a port that something else has',
    { host: { tryListen: () => Promise.resolve('EADDRINUSE'), askServer: fails('EPROTO') } },
    { about: 'port', level: 'bad', type: ["ss -ltnp 'sport = :6443'"] },
  ],
  [
    'ufw that lets nobody in',
    { programs: { 'ufw status': 'Status: active\n\n22/tcp ALLOW Anywhere\n' } },
    { about: 'firewall', level: 'doubtful', type: ['ufw allow 6443/tcp'] },
  ],
  [
    'iptables that lets nobody in',
    { programs: { 'iptables -S INPUT': '-P INPUT DROP\n-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT\n' } },
    { about: 'firewall', level: 'doubtful', type: ['iptables -I INPUT -p tcp --dport 6443 -j ACCEPT'] },
  ],
  [
    'a route to where Services are to be',
    routes({ dst: '10.0.0.0/9', dev: 'tun0' }),
    {
      about: 'addresses',
      level: 'doubtful',
      type: ['on the server, before nodes join: --service-cluster-ip-range 10.200.0.0/16'],
    },
  ],
])('tells a server of %s', async (_what, traits, finding) => {
  const wrong = (await server(traits)).filter(({ level }) => level !== 'good');
  expect(wrong).toEqual([expect.objectContaining(finding)]);
});

it('tells an agent of a route to where pods are to be, and of none that the pod network made', async () => {
  const about = async (traits: Traits) => (await agent(traits)).find((finding) => finding.about === 'addresses');
  const own = [
    { dst: '10.244.1.0/24', dev: 'pnsb-12ab34cd' },
    { dst: '10.244.2.0/24', dev: 'eth0', protocol: '113' },
  ];
  expect(await about(routes(...own))).toMatchObject({ level: 'good' });
  expect(await about(routes(...own, { dst: '10.244.7.0/24', dev: 'wlan0' }))).toMatchObject({
    level: 'doubtful',
    text: expect.stringMatching(/10\.244\.7\.0\/24 \(wlan0\).*10\.244\.0\.0\/16/) as string,
    type: ['on the server, before nodes join: --cluster-cidr 10.200.0.0/16'],
  });
});

it('takes a server that runs already for no obstacle', async () => {
  const [port] = await server({ host: { tryListen: () => Promise.resolve('EADDRINUSE') } });
  expect(port).toMatchObject({ about: 'port', level: 'good' });
});

it.each([
  ['-P INPUT ACCEPT', false],
  ['-P INPUT DROP', true],
  ['-P INPUT DROP\n-A INPUT -p tcp -m tcp --dport 6443 -j ACCEPT', false],
  ['-P INPUT DROP\n-A INPUT -p tcp -m multiport --dports 22,6443 -j ACCEPT', false],
  ['-P INPUT DROP\n-A INPUT -p tcp -m tcp --dport 64431 -j ACCEPT', true],
  ['-P INPUT ACCEPT\n-A INPUT -i lo -j ACCEPT\n-A INPUT -j REJECT --reject-with icmp-port-unreachable', true],
])('reads of %j whether port 6443 is dropped: %s', (rules, isDropped) => {
  expect(iptablesDrops(rules, 6443)).toBe(isDropped);
});

it('finds the chain of nftables that drops, but for those of iptables', () => {
  const chain = (table: string, policy: string): string =>
    `table ${table} {\n\tchain incoming {\n\t\ttype filter hook input priority filter; policy ${policy};\n\t}\n}\n`;
  expect(droppingInputChain(chain('inet filter', 'accept'))).toBeUndefined();
  expect(droppingInputChain(chain('ip filter', 'drop'))).toBeUndefined();
  expect(droppingInputChain(chain('ip nat', 'accept') + chain('inet mine', 'drop'))).toBe('inet mine incoming');
  expect(nftAllows('tcp dport { 22, 6443 } accept', 6443)).toBe(true);
  expect(nftAllows('tcp dport 64430 accept', 6443)).toBe(false);
});

it('reads the rules of ufw', () => {
  expect(ufwAllows('6443/tcp                   ALLOW       Anywhere', 6443)).toBe(true);
  expect(ufwAllows('16443/tcp                  ALLOW       Anywhere', 6443)).toBe(false);
});

it('prints each finding in a line and what to type below', () => {
  const findings = [
    { about: 'docker', level: 'bad' as const, text: 'none', type: ['one', 'two'] },
    { about: 'disk speed', level: 'good' as const, text: 'fine' },
  ];
  expect(findingsText(findings)).toBe(
    '✗ docker      none\n              type: one\n              type: two\n✓ disk speed  fine\n',
  );
  expect(verdict(findings)).toBe(1);
});
