import type { PodCondition, PodStatus } from '../../shared/api/objects';
import { StatusError, isNotFound } from '../../shared/status-error';
import { isSameJson } from '../../shared/same-json';
import type { PodStatusReport, PodTerminated } from '../../shared/wire/node-channel';
import type { Client, ObjectKey } from '../registry/client';

const POD = { group: '', resource: 'pods' };

interface Waiting {
  report: PodStatusReport;
  readonly settled: ((error?: unknown) => void)[];
}

/**
 * Writes what agents report about their own pods. While one write of a pod is under way only the newest of the reports
 * that follow is kept; each report is answered once it, or a newer one, is in the store.
 */
export class PodStatusWriter {
  private readonly waiting = new Map<string, Waiting>();
  private readonly writing = new Map<string, Promise<void>>();

  constructor(private readonly client: Client) {}

  /** Resolves after the commit. Throws NotFound for a pod that is gone, Forbidden for one of another node. */
  report(nodeName: string, report: PodStatusReport): Promise<void> {
    this.refuseForeign(nodeName, report);
    return new Promise((resolve, reject) => {
      const settle = (error?: unknown): void => (error === undefined ? resolve() : reject(error as Error));
      const queued = this.waiting.get(report.uid);
      if (queued === undefined) this.waiting.set(report.uid, { report, settled: [settle] });
      else {
        queued.report = report;
        queued.settled.push(settle);
      }
      if (!this.writing.has(report.uid)) this.writing.set(report.uid, this.writeAll(nodeName, report.uid));
    });
  }

  /** Removes a pod object whose containers are gone. Doing it again is success. */
  async terminated(nodeName: string, pod: PodTerminated): Promise<void> {
    const key: ObjectKey = { namespace: pod.namespace, name: pod.name };
    const stored = this.client.view('Pod').get(key);
    if (stored === undefined || stored.metadata.uid !== pod.uid) return;
    this.refuseForeign(nodeName, pod);
    if (stored.metadata.deletionTimestamp === undefined) {
      throw new StatusError('Conflict', `pod "${pod.name}" is not being deleted`, { name: pod.name, kind: 'pods' });
    }
    await this.client
      .delete('Pod', key, { gracePeriodSeconds: 0, preconditions: { uid: pod.uid } })
      .catch((error: unknown) => {
        if (!isNotFound(error)) throw error;
      });
  }

  /** Resolves when no write is under way. */
  async idle(): Promise<void> {
    while (this.writing.size > 0) await Promise.all(this.writing.values());
  }

  private async writeAll(nodeName: string, uid: string): Promise<void> {
    for (let next = this.take(uid); next !== undefined; next = this.take(uid)) {
      const error = await this.write(nodeName, next.report).then(
        () => undefined,
        (failure: unknown) => failure,
      );
      for (const settle of next.settled) settle(error);
    }
    this.writing.delete(uid);
  }

  private take(uid: string): Waiting | undefined {
    const next = this.waiting.get(uid);
    this.waiting.delete(uid);
    return next;
  }

  private async write(nodeName: string, report: PodStatusReport): Promise<void> {
    await this.client.modify(
      'Pod',
      { namespace: report.namespace, name: report.name },
      (pod) => {
        if (pod.metadata.uid !== report.uid) throw gone(report);
        if (pod.spec.nodeName !== nodeName) throw foreign(nodeName, report);
        const status = mergedStatus(pod.status ?? {}, report.status);
        return isSameJson(status, pod.status) ? undefined : { ...pod, status };
      },
      { subresource: 'status' },
    );
  }

  private refuseForeign(nodeName: string, { uid, namespace, name }: PodTerminated): void {
    const stored = this.client.view('Pod').get({ namespace, name });
    if (stored === undefined || stored.metadata.uid !== uid) throw gone({ uid, namespace, name });
    if (stored.spec.nodeName !== nodeName) throw foreign(nodeName, { uid, namespace, name });
  }
}

const gone = ({ uid, namespace, name }: PodTerminated): StatusError =>
  new StatusError('NotFound', `pods "${name}" of namespace "${namespace}" with uid ${uid} not found`, {
    name,
    kind: POD.resource,
    uid,
  });

const foreign = (nodeName: string, { name }: PodTerminated): StatusError =>
  new StatusError('Forbidden', `pods "${name}" is forbidden: node "${nodeName}" may only touch its own pods`, {
    name,
    kind: POD.resource,
  });

/** Conditions that the kubelet owns: a report without one of them takes it away. All others are their writers' own. */
const KUBELET_CONDITIONS = new Set([
  'Initialized',
  'Ready',
  'ContainersReady',
  'PodReadyToStartContainers',
  'PodResizePending',
  'PodResizeInProgress',
]);

const isTerminal = (phase: string | undefined): boolean => phase === 'Succeeded' || phase === 'Failed';

/** The report laid over the stored status: what others write stays, and a finished pod stays finished. */
export function mergedStatus(stored: PodStatus, reported: PodStatus): PodStatus {
  const kept = (stored.conditions ?? []).filter(({ type }) => !KUBELET_CONDITIONS.has(type));
  const keptTypes = new Set(kept.map(({ type }) => type));
  const fresh: PodCondition[] = (reported.conditions ?? []).filter(({ type }) => !keptTypes.has(type));
  const qosClass = stored.qosClass ?? reported.qosClass;
  const phase = isTerminal(stored.phase) ? stored.phase : reported.phase;
  return {
    ...(stored.nominatedNodeName === undefined ? {} : { nominatedNodeName: stored.nominatedNodeName }),
    ...reported,
    conditions: [...kept, ...fresh],
    ...(phase === undefined ? {} : { phase }),
    ...(qosClass === undefined ? {} : { qosClass }),
  };
}
