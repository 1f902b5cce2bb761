import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { systemClock } from '../../shared/clock';
import { createHostStats } from './host-stats';
import { sumCpu, sumDisks, sumInterfaces } from './proc-counters';

it('counts whole disks once, not their partitions and loops', () => {
  const text = ` 254       0 vda 100 0 2000 10 50 0 4000 20 0 0 0\n 254       1 vda1 90 0 1900 10 50 0 4000 20 0 0 0\n   7       0 loop0 5 0 99 1 0 0 0 0 0 0 0\n 259       0 nvme0n1 1 0 10 1 1 0 20 1 0 0 0\n`;
  expect(sumDisks(text)).toEqual({ diskReadBytes: 2010 * 512, diskWriteBytes: 4020 * 512 });
});

it('counts a core as busy except while it idles or waits for a disk', () => {
  const text = 'cpu  100 10 50 800 30 4 6 5 90 0\ncpu0 50 5 25 400 15 2 3 2 45 0\nintr 5\n';
  expect(sumCpu(text)).toEqual({ busy: 175, total: 1_005 });
});

it.each(['lo', 'docker0', 'br-0a1b2c', 'br0', 'virbr0', 'veth8c032fe', 'ifb0', 'bond0', 'vlan7', 'eth0.7', 'wg0'])(
  'does not count %s beside the interface that carries its bytes',
  (name) => {
    const text = `Inter-|   Receive  |  Transmit\n face |bytes packets\n  eth0: 1000 2 0 0 0 0 0 0 300 3 0 0 0 0 0 0\n${name}: 77 1 0 0 0 0 0 0 77 1 0 0 0 0 0 0\n`;
    expect(sumInterfaces(text)).toEqual({ networkRxBytes: 1000, networkTxBytes: 300 });
  },
);

it('tells the real capacity and usage of this machine', async () => {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'pinsetter-stats-'));
  const host = await createHostStats({
    clock: systemClock,
    dataDir,
    nodeName: 'n1',
    nodeIp: () => Promise.resolve('10.0.0.1'),
    maxPods: 110,
    agentVersion: 'v0',
  });
  const status = await host.nodeStatus(undefined);
  expect(status.capacity).toMatchObject({ pods: '110', memory: expect.stringMatching(/^\d+(Ki|Mi|Gi)?$/) as string });
  expect(status.addresses).toContainEqual({ type: 'InternalIP', address: '10.0.0.1' });
  const usage = await host.usage();
  expect(usage.memoryUsedBytes).toBeGreaterThan(10_000_000);
  expect(usage.memoryUsedBytes + usage.memoryAvailableBytes).toBeGreaterThan(usage.memoryUsedBytes);
  expect(usage.diskUsedBytes).toBeLessThanOrEqual(usage.diskTotalBytes);
  expect(usage.cpuPercent).toBeGreaterThanOrEqual(0);
  expect(usage.processes).toBeGreaterThan(0);
  rmSync(dataDir, { recursive: true });
});
