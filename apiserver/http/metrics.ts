import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import type { NodeConnector } from '../node-channel/node-connector';
import type { Store } from '../store/store';
import type { Page } from './api-routes';
import type { FinishedRequest } from './finished-request';

export interface Metrics {
  count(finished: FinishedRequest): void;
  /** The text of /metrics. */
  readonly page: Page;
}

/** Prometheus figures of this server, under Kubernetes' names where it has them. */
export function createMetrics({ store, channel }: { readonly store: Store; readonly channel: NodeConnector }): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  // Looking a series up by its labels costs more than counting in it: counted here, handed on when somebody looks.
  const tallies = new Map<string, { readonly labels: Record<string, string>; count: number }>();
  new Counter({
    name: 'apiserver_request_total',
    help: 'Requests by verb, resource and code.',
    labelNames: ['verb', 'resource', 'code'],
    registers: [registry],
    collect() {
      for (const tally of tallies.values()) {
        this.inc(tally.labels, tally.count);
        tally.count = 0;
      }
    },
  });
  const durations = new Histogram({
    name: 'apiserver_request_duration_seconds',
    help: 'Time from a request to the end of its answer; watches and streams left out.',
    labelNames: ['verb'],
    buckets: [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5],
    registers: [registry],
  });
  new Gauge({
    name: 'pinsetter_store_revision',
    help: "The store's revision.",
    registers: [registry],
    collect() {
      this.set(store.revision);
    },
  });
  new Gauge({
    name: 'pinsetter_nodes',
    help: 'Nodes by the state of their channel.',
    labelNames: ['state'],
    registers: [registry],
    collect() {
      this.reset();
      for (const { state } of channel.nodes()) this.inc({ state });
    },
  });
  const histograms = new Map<string, { observe(seconds: number): void }>();
  return {
    count({ verb, resource, status, durationMs }) {
      const series = `${verb} ${resource} ${status}`;
      let tally = tallies.get(series);
      if (tally === undefined) {
        tallies.set(series, (tally = { labels: { verb, resource, code: String(status) }, count: 0 }));
      }
      tally.count += 1;
      if (verb === 'watch') return;
      let histogram = histograms.get(verb);
      if (histogram === undefined) histograms.set(verb, (histogram = durations.labels(verb)));
      histogram.observe(durationMs / 1_000);
    },
    async page(_url, response) {
      const text = await registry.metrics();
      response.writeHead(200, { 'Content-Type': registry.contentType });
      response.end(text);
    },
  };
}
