import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { ApiObject } from '../../../shared/api/objects';
import { createEventRecorder } from '../../../apiserver/events/event-recorder';
import { createKindList } from '../../../apiserver/kinds/kinds';
import { ensureBootstrapObjects } from '../../../apiserver/registry/bootstrap-objects';
import { createClient } from '../../../apiserver/registry/create-client';
import { createRegistry } from '../../../apiserver/registry/create-registry';
import { greedy } from '../../../apiserver/scheduler/core/policies/greedy';
import { DEFAULT_SCHEDULER } from '../../../apiserver/scheduler/profiles';
import { Scheduler } from '../../../apiserver/scheduler/scheduler';
import { openSqliteStore } from '../../../apiserver/store/sqlite/sqlite-store';
import { systemClock } from '../../../shared/clock';
import { silentLogger } from '../../../shared/logger';
import { systemRandom } from '../../../shared/random';
import { showProgress } from '../report';
import { benchNode } from './objects';
import type { Part } from './part';

/** Creations in flight: half of what a ReplicaSet's controller has in flight at most. */
const WIDE = 256;
const LABELS = { app: 'web' };

interface EndToEndOptions {
  readonly nodes: number;
  readonly pods: number;
}

/** Pods of one ReplicaSet through the registry and the SQLite store: created, placed, bound, each of it durable. */
export async function endToEnd({ nodes, pods }: EndToEndOptions): Promise<Part> {
  const folder = mkdtempSync(path.join(tmpdir(), 'pinsetter-bench-'));
  const clock = systemClock;
  const logger = silentLogger;
  const store = await openSqliteStore({ directory: folder, clock, logger });
  const registry = await createRegistry({ store, clock, kinds: createKindList(), random: systemRandom, logger });
  try {
    const client = createClient(registry);
    await ensureBootstrapObjects(client);
    for (let index = 0; index < nodes; index++) {
      const { apiVersion, kind, metadata, status } = benchNode(`node-${index}`, {
        cpu: '4',
        memory: '32Gi',
        pods: '110',
      });
      const node = { apiVersion, kind, metadata: { name: metadata.name, labels: metadata.labels }, status };
      await client.create('Node', structuredClone(node) as ApiObject);
    }
    const template = {
      metadata: { labels: LABELS },
      spec: { containers: [{ name: 'app', image: 'web', resources: { requests: { cpu: '10m', memory: '50Mi' } } }] },
    };
    const set = await client.create('ReplicaSet', {
      metadata: { name: 'web', namespace: 'default' },
      spec: { replicas: 0, selector: { matchLabels: LABELS }, template },
    });
    const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web', uid: set.metadata.uid, controller: true };
    const events = createEventRecorder({ client, clock, logger });
    const scheduler = new Scheduler({
      client,
      clock,
      logger,
      events,
      profiles: new Map([[DEFAULT_SCHEDULER, greedy]]),
    });
    scheduler.start();
    let bound = 0;
    let finish = (): void => undefined;
    const allBound = new Promise<void>((resolve) => (finish = resolve));
    client.view('Pod').onChange(({ object, previous }) => {
      if ((object.spec.nodeName ?? '') === '' || (previous?.spec.nodeName ?? '') !== '') return;
      bound += 1;
      if (bound === pods) finish();
    });
    const start = performance.now();
    let next = 0;
    const creator = async (): Promise<void> => {
      while (next < pods) {
        const name = `web-${next++}`;
        await client.create('Pod', {
          metadata: { name, namespace: 'default', labels: LABELS, ownerReferences: [owner] },
          spec: template.spec,
        });
        if (next % 1_000 === 0) showProgress(`${next} created, ${bound} bound`);
      }
    };
    await Promise.all(Array.from({ length: WIDE }, creator));
    const createdSeconds = (performance.now() - start) / 1_000;
    await allBound;
    const seconds = (performance.now() - start) / 1_000;
    showProgress('');
    await scheduler.stop();
    const perSecond = pods / seconds;
    return {
      name: 'endToEnd',
      title: `pods of one ReplicaSet created, placed and bound through registry and SQLite store, on ${nodes} nodes`,
      head: ['pods', 'pods/s', 'creating alone took s', 'all bound after s'],
      rows: [[pods, perSecond.toFixed(0), createdSeconds.toFixed(1), seconds.toFixed(1)]],
      figures: { nodes, pods, perSecond, createdSeconds, seconds },
    };
  } finally {
    await registry.close();
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
