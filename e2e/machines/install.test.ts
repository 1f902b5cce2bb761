import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { dist, run } from '../harness/programs';
import { Machine } from './machine';

jest.setTimeout(600_000);

const makeRelease = async (out: string, ...flags: readonly string[]): Promise<string> => {
  const main = dist('deploy', 'release', 'main.js');
  const { status, stdout, stderr } = await run(
    process.execPath,
    [main, '--out', out, '--time', '1700000000', ...flags],
    { timeoutMs: 300_000 },
  );
  if (status !== 0) throw new Error(stderr);
  return stdout.trim();
};

/** A release on a clean Debian machine whose first process is systemd. */
describe('installing', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'pinsetter-release-'));
  let machine: Machine;
  let tarball: string;
  beforeAll(async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    writeFileSync(path.join(folder, 'key.pem'), privateKey.export({ type: 'pkcs8', format: 'pem' }));
    writeFileSync(path.join(folder, 'public.pem'), publicKey.export({ type: 'spki', format: 'pem' }));
    tarball = await makeRelease(folder, '--sign-with', path.join(folder, 'key.pem'));
    machine = await Machine.start();
    const files = ['SHA256SUMS', 'SHA256SUMS.sig', 'public.pem', path.basename(tarball)];
    await machine.put(
      [...files.map((each) => path.join(folder, each)), path.resolve(__dirname, '../../deploy/install.sh')],
      '/root/release',
    );
  });
  afterAll(async () => {
    await machine.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  const install = (words: string): string => `cd /root/release && sh install.sh ${words}`;
  const release = (): string => `--release ${path.basename(tarball)}`;
  /** Nothing of Pinsetter's is in the way of packets. */
  const NO_RULES =
    '! nft list tables | grep pinsetter && ! iptables-save | grep -i pinsetter && ! ip -o link | grep "pns[vrw]-"';
  const RELEASE_OF = 'cat /opt/pinsetter/current/RELEASE';
  /** A release that differs from the one that is installed, beside its own checksums. */
  const otherRelease = (name: string, change: string): Promise<string> =>
    machine.ok(`rm -rf /root/${name} && mkdir /root/${name} && cd /root/${name} && tar xzf /root/release/*.tar.gz && cd pinsetter-* &&
      echo ${name} > RELEASE && ${change} && cd .. && tar czf "$(echo pinsetter-*).tar.gz" pinsetter-* && sha256sum *.tar.gz > SHA256SUMS`);

  it('a release has the same bytes whenever it is made, and nothing to develop with', async () => {
    const again = mkdtempSync(path.join(tmpdir(), 'pinsetter-release-'));
    await makeRelease(again);
    expect(readFileSync(path.join(again, 'SHA256SUMS'), 'utf8')).toBe(
      readFileSync(path.join(folder, 'SHA256SUMS'), 'utf8'),
    );
    expect(readdirSync(again).sort()).toEqual(['RELEASE', 'SHA256SUMS', path.basename(tarball)]);
    rmSync(again, { recursive: true, force: true });
    const { stdout } = await run('tar', ['tzf', tarball]);
    expect(stdout).toMatch(/\/node_modules\/better-sqlite3\/build\/Release\/better_sqlite3\.node\n/);
    expect(stdout).not.toMatch(/\/node_modules\/(typescript|jest|eslint|@types)\/|\.test\.js\n|\/dist\/e2e\//);
  });

  it('comes as a Debian package too, which sets nothing up by itself and leaves nothing', async () => {
    const out = mkdtempSync(path.join(tmpdir(), 'pinsetter-release-'));
    const [, deb = ''] = (await makeRelease(out, '--deb')).split('\n');
    await machine.put([deb], '/root/deb');
    rmSync(out, { recursive: true, force: true });
    const said = await machine.ok('dpkg -i /root/deb/*.deb');
    expect(said).toContain("'pinsetter server' makes this machine a control plane");
    expect(await machine.ok('pinsetter server --dry-run')).toMatch(/would install: \/opt\/pinsetter\/releases\/0/);
    await machine.ok('! ls -d /opt/pinsetter /etc/pinsetter && dpkg -r pinsetter && ! ls -d /usr/share/pinsetter');
  });

  it('says what it would do, and does nothing of it', async () => {
    const { status, stdout } = await machine.sh(install(`server --dry-run ${release()} --bind-address 0.0.0.0`));
    expect(status).toBe(0);
    expect(stdout).toMatch(/would write: \/etc\/systemd\/system\/pinsetter-server\.service/);
    await machine.ok('! ls -d /opt/pinsetter /etc/pinsetter /var/lib/pinsetter && ! id pinsetter');
  });

  it.each([
    ['a release that was changed', 'echo x >> $(basename *.tar.gz)', '', /is not the file that SHA256SUMS tells of/],
    [
      'checksums that somebody else signed',
      'echo AAAA > SHA256SUMS.sig',
      '--public-key public.pem',
      /is not signed by the key/,
    ],
    ['another folder for data', 'true', '--data-dir /srv', /--data-dir: data lies in \/var\/lib\/pinsetter/],
    ['a flag that no unit can hold', 'true', "'--node-name=a b'", /cannot hold spaces/],
  ])('refuses %s', async (_what, spoil, flags, message) => {
    const { status, stderr } = await machine.sh(
      `rm -rf /root/spoilt && cp -a /root/release /root/spoilt && cd /root/spoilt && ${spoil} && sh install.sh server ${release()} ${flags}`,
    );
    expect(status).toBe(1);
    expect(stderr).toMatch(message);
    await machine.ok('! ls -d /opt/pinsetter');
  });

  it('installs a server that runs without rights, from a signed release', async () => {
    const said = await machine.ok(install(`server ${release()} --public-key public.pem --bind-address 0.0.0.0`));
    expect(said).toMatch(/✓ port .*free/);
    expect(said).toContain('kubectl-lite token create --print-join-command');
    await machine.until('kubectl-lite get --raw /readyz', 'the server serves');
    expect(await machine.ok('ps -o user= -p "$(systemctl show -p MainPID --value pinsetter-server)"')).toBe(
      'pinsetter\n',
    );
    expect(await machine.ok('stat -c "%a %U" /etc/pinsetter /var/lib/pinsetter')).toBe('700 root\n700 pinsetter\n');
    await machine.ok('systemd-analyze verify /etc/systemd/system/pinsetter-*.service');
    expect(await machine.ok('journalctl -u pinsetter-server')).toContain('serving');
  });

  it('says why a machine cannot join, instead of waiting for ever', async () => {
    const token = 'pinsetter1.' + 'a'.repeat(64) + '.abcdef.0123456789abcdef';
    const refused = await machine.sh(install(`agent ${release()} --server https://127.0.0.1:6443 --token ${token}`));
    expect([refused.status, refused.stderr]).toEqual([
      1,
      expect.stringContaining('is not the one the join token is for'),
    ]);
    const away = await machine.sh(install(`agent ${release()} --server https://127.0.0.1:1 --token ${token}`));
    expect([away.status, away.stdout]).toEqual([1, expect.stringContaining('✗ server')]);
  });

  it('installs an agent by the line that the server prints, and changes nothing when run again', async () => {
    const line = (await machine.ok('kubectl-lite token create --print-join-command'))
      .trim()
      .replace('./install.sh ', '');
    await machine.ok(install(`${line} ${release()}`));
    await machine.until('kubectl-lite get nodes | grep -w Ready', 'the node is ready');
    await machine.ok('systemd-analyze verify /etc/systemd/system/pinsetter-agent.service');

    const state =
      'find /opt/pinsetter /etc/pinsetter /etc/systemd/system /usr/local/bin -printf "%p %l %m %T@\\n" | grep -v "^/opt/pinsetter \\|^/etc/pinsetter " | sort';
    const before = await machine.ok(state);
    await machine.ok(install(`agent ${release()}`));
    expect(await machine.ok(state)).toBe(before);
    await machine.ok('pinsetter-agent doctor && pinsetter-server doctor && kubectl-lite doctor');
  });

  it('upgrades under running pods and goes back, and a release that does not stand is not kept', async () => {
    await machine.ok(
      'mkdir -p /tmp/image/bin && cp /bin/busybox /tmp/image/bin && ln -sf busybox /tmp/image/bin/sh && tar -C /tmp/image -c . | docker import - quiet:1',
    );
    await machine.ok(
      'kubectl-lite run quiet --image=quiet:1 --image-pull-policy=Never --command -- /bin/busybox sleep 100000',
    );
    await machine.until('kubectl-lite get pod quiet | grep -w Running', 'the pod runs', 30_000);
    const CONTAINERS = "docker ps --no-trunc --format '{{.ID}} {{.CreatedAt}}' | sort";
    const containers = await machine.ok(CONTAINERS);
    const first = await machine.ok(RELEASE_OF);
    // As wireguard-go is: started by the agent, in its control group, and needed while there is none.
    const helper = (
      await machine.ok(
        'nohup sleep 100000 > /dev/null 2>&1 & group=$(systemctl show -p ControlGroup --value pinsetter-agent); for root in /sys/fs/cgroup/systemd /sys/fs/cgroup; do if [ -e "$root$group/cgroup.procs" ]; then echo $! > "$root$group/cgroup.procs" && break; fi; done; grep -q pinsetter-agent /proc/$!/cgroup && echo $!',
      )
    ).trim();

    await otherRelease('second', 'true');
    await machine.ok(`pinsetter upgrade --release /root/second/${path.basename(tarball)}`);
    expect(await machine.ok(RELEASE_OF)).toBe('second\n');
    await machine.until('kubectl-lite get nodes | grep -w Ready', 'the node is back');
    expect(await machine.ok(CONTAINERS)).toBe(containers);
    expect(await machine.ok(`cat /proc/${helper}/comm`)).toBe('sleep\n');

    await otherRelease('broken', 'echo "throw new Error()" > dist/kubelet/main.js');
    const broken = await machine.sh(`pinsetter upgrade --release /root/broken/${path.basename(tarball)}`);
    expect([broken.status, broken.stderr]).toEqual([1, expect.stringContaining('the old one runs again')]);
    expect(await machine.ok(RELEASE_OF)).toBe('second\n');

    await machine.ok(`pinsetter upgrade --release /root/release/${path.basename(tarball)}`);
    expect(await machine.ok('pinsetter upgrade --rollback')).toContain('Pinsetter second is installed');
    await machine.ok('pinsetter upgrade --rollback');
    expect(await machine.ok(RELEASE_OF)).toBe(first);
    await machine.until('kubectl-lite get nodes | grep -w Ready', 'the node is back');
    expect(await machine.ok(CONTAINERS)).toBe(containers);
    expect(await machine.ok('ls /opt/pinsetter/releases | wc -l')).toBe('2\n');
  });

  it('uninstalls, with data and pods only when asked', async () => {
    await machine.until('nft list tables | grep pinsetter', 'Services are programmed');
    const said = await machine.ok('pinsetter uninstall');
    expect(said).toContain('Kept: containers of pods');
    await machine.ok(
      '! ls -d /opt/pinsetter /etc/pinsetter /etc/systemd/system/pinsetter-*.service /usr/local/bin/pinsetter*',
    );
    await machine.ok('ls -d /var/lib/pinsetter /var/lib/pinsetter-agent && docker ps -q | grep .');
    await machine.ok(NO_RULES);

    // Data is taken up again by the next installation.
    await machine.ok(install(`server ${release()} --bind-address 0.0.0.0`));
    const line = (await machine.ok('kubectl-lite token create --print-join-command'))
      .trim()
      .replace('./install.sh ', '');
    await machine.ok(install(`${line} ${release()}`));
    await machine.until('kubectl-lite get pod quiet | grep -w Running', 'the pod is still there');
    await machine.until('nft list tables | grep pinsetter', 'Services are programmed again');
    await machine.ok('pinsetter uninstall --purge');
    await machine.ok(NO_RULES);
    // Not even what pods were on.
    await machine.ok('! ip -o link | grep pns && ! docker network ls | grep pinsetter');
    await machine.ok(
      '! ls -d /var/lib/pinsetter /var/lib/pinsetter-agent && ! docker ps -aq | grep . && ! id pinsetter',
    );
  });
});
