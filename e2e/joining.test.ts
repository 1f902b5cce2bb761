import { createHash, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parseJoinToken } from '../shared/wire/join-token';
import { Cluster } from './harness/cluster';
import type { Outcome, Running } from './harness/programs';
import { AGENT, run, start } from './harness/programs';

jest.setTimeout(120_000);

/** How machines come into a cluster, with the real programs. */
describe('joining', () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await Cluster.start({ workers: 0, serverArgs: ['--node-approval', 'manual'] });
  });
  afterAll(async () => {
    // The one that was let in has changed this machine's network.
    const cleaned = await run(process.execPath, agent('clean-network', 'wanted', await newToken()));
    await cluster.stop();
    expect([cleaned.status, cleaned.stderr]).toEqual([0, '']);
    const { stdout } = await run('docker', [
      'network',
      'ls',
      '--format',
      '{{.Name}}',
      '--filter',
      'name=pinsetter-wanted',
    ]);
    expect(stdout).toBe('');
  });

  const agent = (verb: string, name: string, token: string, ...more: readonly string[]): readonly string[] => [
    AGENT,
    ...(verb === '' ? [] : [verb]),
    ...['--server', `https://127.0.0.1:${cluster.port}`, '--token', token],
    ...['--node-name', name, '--data-dir', path.join(cluster.folder, 'nodes', name), ...more],
  ];
  const join = (name: string, token: string): Promise<Outcome> =>
    run(process.execPath, agent('join', name, token), { timeoutMs: 10_000 });
  const newToken = async (...flags: readonly string[]): Promise<string> => {
    const { status, stdout, stderr } = await cluster.lite(['token', 'create', ...flags]);
    if (status !== 0) throw new Error(stderr);
    return stdout.trim();
  };

  it('makes, lists and deletes tokens that pin the authority of the server', async () => {
    const token = parseJoinToken(await newToken('--ttl', '2h', '--description', 'the rack in the cellar'));
    const ca = readFileSync(path.join(cluster.folder, 'server', 'pki', 'ca.crt'), 'utf8');
    expect(token.caHash).toBe(createHash('sha256').update(new X509Certificate(ca).raw).digest('hex'));

    const listed = await cluster.lite(['token', 'list']);
    expect(listed.stdout).toMatch(/^TOKEN +TTL +EXPIRES +DESCRIPTION\n/);
    expect(listed.stdout).toMatch(new RegExp(`${token.id} +(119m|120m|2h) +\\S+Z +the rack in the cellar\n`));
    expect(listed.stdout).not.toContain(token.secret);

    expect((await cluster.lite(['token', 'delete', token.id])).stdout).toBe(`token "${token.id}" deleted\n`);
    expect((await cluster.lite(['token', 'list'])).stdout).not.toContain(token.id);
  });

  it('prints what to run on a new machine, and says when no other machine gets here', async () => {
    const { stdout, stderr } = await cluster.lite(['token', 'create', '--print-join-command']);
    expect(stdout).toMatch(
      /^\.\/install\.sh agent --server https:\/\/\S+:\d+ --token pinsetter1\.[0-9a-f]{64}\.\w{6}\.\w{16}\n$/,
    );
    expect(stderr).toMatch(/Only this machine reaches the server .*--advertise-address/);
  });

  it.each([
    ['an unknown token', async () => (await newToken()).slice(0, -1) + '0', /does not know it/],
    [
      'a token of another cluster',
      async () => (await newToken()).replace(/\.[0-9a-f]{64}\./, `.${'a'.repeat(64)}.`),
      /not the one the join token is for/,
    ],
    ['half a token', async () => (await newToken()).slice(0, 50), /not a whole join token/],
    ['a token that ended', () => newToken('--ttl', '1ms'), /expired|does not know it/],
  ])('says within ten seconds what is wrong with %s', async (_what, token, message) => {
    const { status, stderr } = await join('refused', await token());
    expect(status).toBe(1);
    expect(stderr).toMatch(message);
  });

  it('lets a machine in that was approved, and keeps out one that was denied', async () => {
    const token = await newToken();
    const asked = await join('wanted', token);
    expect([asked.status, asked.stdout]).toEqual([0, expect.stringContaining('kubectl-lite node approve wanted')]);
    await join('unwanted', token);
    const key = /SHA256:[0-9a-f]{64}/.exec(asked.stdout)?.[0] ?? 'none';
    expect((await cluster.lite(['node', 'requests'])).stdout).toMatch(
      new RegExp(`\nwanted +\\d+s +node-join-\\S+ +${key}\n`),
    );

    const waiting: Running = start(process.execPath, agent('', 'wanted', token));
    await waiting.until(/waits to be let in/);
    expect((await cluster.lite(['node', 'approve', 'wanted'])).stdout).toBe('node/wanted approved\n');
    await waiting.until(/joined the cluster/);
    await waiting.until(/ready: connected to the server/);
    expect(await cluster.ok(['get', 'nodes', '-o', 'name'])).toBe('node/wanted\n');

    await cluster.lite(['node', 'deny', 'unwanted', '--reason', 'not in our inventory']);
    const denied = await join('unwanted', token);
    expect([denied.status, denied.stderr]).toEqual([
      1,
      expect.stringContaining('was not let in: not in our inventory'),
    ]);
    expect((await cluster.lite(['node', 'approve', 'stranger'])).stderr).toContain(
      'no machine waits to join as "stranger"',
    );

    const info = await cluster.lite(['cluster-info']);
    expect(info.stdout).toMatch(
      /CERTIFICATE OF +ENDS +LEFT\nserver .*\nauthority .*\nyou .*\nnode wanted +\d{4}-.* +36\dd\n/,
    );
    const doctor = await cluster.lite(['doctor']);
    expect([doctor.status, doctor.stdout]).toEqual([
      0,
      expect.stringMatching(/✓ server .*\n✓ clock .*\n✓ credential .*\n✓ nodes +all 1 ready\n/),
    ]);
    waiting.kill();
    await waiting.exit;
  });

  it('the doctor of an agent says what is missing, and what to type', async () => {
    const flags = ['--docker-host', 'unix:///nowhere.sock'];
    const doctor = await run(process.execPath, agent('doctor', 'sick', 'x', ...flags));
    expect(doctor.status).toBe(1);
    expect(doctor.stdout).toMatch(/✗ docker +no engine at \/nowhere\.sock\n +type: apt-get install docker\.io/);
    expect(doctor.stdout).toMatch(/✓ clock +the same time as the server\n/);
  });
});
