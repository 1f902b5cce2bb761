import { performance } from 'node:perf_hooks';
import { systemClock } from '../../../shared/clock';
import { silentLogger } from '../../../shared/logger';
import type { NetworkChange, NetworkService, NetworkSlice } from '../../../shared/wire/network';
import { NetworkState } from '../../../kubelet/network/network-state';
import { IptablesKernel } from '../../../kubelet/network/services/iptables-kernel';
import type { Kernel } from '../../../kubelet/network/services/kernel';
import { NftKernel } from '../../../kubelet/network/services/nft-kernel';
import { ServiceProxy } from '../../../kubelet/network/services/service-proxy';
import { Lan } from '../../../kubelet/network/testing/lan';
import { median, quantile } from '../report';
import type { PartResult } from './part';

const SERVICES = 10_000;
const ENDPOINTS = 3;
const ONE_MORE = 20;
const TARGET_MS = 10;
const NODE = 'bench';

const nothing: NetworkChange = {
  ...{ kind: 'change', revision: 1, services: [], slices: [], removedServices: [], removedSlices: [] },
};
const address = (net: number, at: number): string => `10.${net}.${at >> 8}.${at & 255}`;
const service = (at: number): NetworkService => ({
  ...{ namespace: 'default', name: `s${at}`, clusterIp: address(96, at), externalIps: [] },
  ports: [{ name: '', port: 80, protocol: 'TCP' }],
  ...{ internalLocal: false, externalLocal: false, publishNotReady: false },
});
/** Each with one endpoint on this node. */
const slice = (at: number): NetworkSlice => ({
  ...{ namespace: 'default', name: `s${at}-1`, service: `s${at}` },
  ports: [{ name: '', port: 8080, protocol: 'TCP' }],
  endpoints: Array.from({ length: ENDPOINTS }, (_, index) => ({
    ...{ address: address(100 + index, at), nodeName: index === 0 ? NODE : `other-${index}` },
    ...{ ready: true, serving: true, terminating: false },
  })),
});

interface Figures {
  readonly wholeMs: number;
  readonly oneMs: readonly number[];
  /** What any program takes to start there. */
  readonly startMs: readonly number[];
}

/** As an agent does it, in a network of its own: from what the server tells until the kernel does it. */
async function measure(lan: Lan, kernel: Kernel): Promise<Figures> {
  const state = new NetworkState();
  const node = { nodeName: NODE, ownTargets: new Map() };
  const proxy = new ServiceProxy({ state, node, kernel, clock: systemClock, logger: silentLogger });
  const timed = async (act: () => Promise<unknown>): Promise<number> => {
    const begin = performance.now();
    await act();
    return performance.now() - begin;
  };
  const tell = (change: Partial<NetworkChange>) => proxy.update(state.apply({ ...nothing, ...change }));
  const all = Array.from({ length: SERVICES }, (_, at) => at);
  try {
    const wholeMs = await timed(() =>
      tell({ kind: 'snapshot', services: all.map(service), slices: all.map((at) => slice(at)) }),
    );
    const [oneMs, startMs]: [number[], number[]] = [[], []];
    for (let at = SERVICES; at < SERVICES + ONE_MORE; at++) {
      oneMs.push(await timed(() => tell({ services: [service(at)], slices: [slice(at)] })));
      startMs.push(await timed(() => lan.in('machine', 'true', [])));
    }
    return { wholeMs, oneMs, startMs };
  } finally {
    await proxy.stop();
  }
}

/** What one Service more takes the kernel of a node that has ten thousand. */
export async function programming(): Promise<PartResult> {
  const figures: Record<string, Figures> = {};
  for (const by of ['nftables', 'iptables']) {
    const lan = await Lan.create(0);
    try {
      const kernel =
        by === 'nftables'
          ? new NftKernel(NODE, 'br0', lan.nft('machine'))
          : new IptablesKernel(NODE, 'br0', (program, args, input) => lan.in('machine', program, args, input));
      figures[by] = await measure(lan, kernel);
    } finally {
      await lan.remove();
    }
  }
  return {
    rows: Object.entries(figures).map(([by, { wholeMs, oneMs, startMs }]) => [
      `one Service more among ${SERVICES} of ${ENDPOINTS} endpoints (${by})`,
      `median ${median(oneMs).toFixed(1)} ms, worst ${quantile(oneMs, 1).toFixed(1)} ms`,
      `a program's start ${median(startMs).toFixed(1)} ms, all anew ${(wholeMs / 1_000).toFixed(1)} s`,
      `target ${TARGET_MS} ms`,
    ]),
    figures,
  };
}
