import type { ClusterBlock } from './address-checks';
import { checkBlocks } from './address-checks';
import {
  checkCgroups,
  checkEngine,
  checkForwarding,
  checkInterfaces,
  checkKernel,
  checkPrograms,
} from './engine-checks';
import type { Finding } from './finding';
import { checkInbound, checkRouted } from './firewall-checks';
import type { DoctorHost } from './host';
import { checkDisk, checkPort, checkServer } from './server-checks';

/** All that a control plane needs of its machine. */
export async function examineServer(
  host: DoctorHost,
  {
    dataDir,
    bindAddress,
    port,
    blocks,
  }: {
    readonly dataDir: string;
    readonly bindAddress: string;
    readonly port: number;
    readonly blocks: readonly ClusterBlock[];
  },
): Promise<readonly Finding[]> {
  const isLocal = bindAddress.startsWith('127.') || bindAddress === '::1';
  return [
    await checkPort(host, bindAddress, port),
    ...(isLocal ? [] : [await checkInbound(host, port)]),
    ...(await checkBlocks(host, blocks)),
    ...(await checkDisk(host, dataDir)),
  ];
}

/** All that an agent needs: its engine, its kernel, and the way to a server. */
export async function examineAgent(
  host: DoctorHost,
  options: {
    readonly dataDir: string;
    readonly dockerSocket: string;
    readonly serverUrls: readonly string[];
    readonly blocks: readonly ClusterBlock[];
  },
): Promise<readonly Finding[]> {
  return [
    await checkEngine(host, options.dockerSocket),
    ...(await firstThatAnswers(host, options.serverUrls)),
    await checkForwarding(host),
    await checkRouted(host),
    await checkCgroups(host),
    ...(await checkKernel(host)),
    await checkPrograms(host),
    await checkInterfaces(host),
    ...(await checkBlocks(host, options.blocks)),
    ...(await checkDisk(host, options.dataDir)),
  ];
}

/** One server is enough; where none answers, each is told. */
async function firstThatAnswers(host: DoctorHost, urls: readonly string[]): Promise<readonly Finding[]> {
  const all: Finding[] = [];
  for (const url of urls) {
    const findings = await checkServer(host, url);
    if (findings.every(({ about, level }) => about !== 'server' || level === 'good')) return findings;
    all.push(...findings);
  }
  return all;
}
