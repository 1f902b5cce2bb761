import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Pod, PodStatus } from '../../shared/api/objects';
import type { Clock } from '../../shared/clock';
import type { Logger } from '../../shared/logger';
import type { NamespaceServices, ServiceLink } from '../../shared/wire/node-channel';
import { parseNamespaceServices } from '../../shared/wire/parse-server';
import { DamagedFileError, KeptFile } from '../kept-file';

/** Changes within this time are written together. */
const WRITE_DELAY_MS = 200;
/** Statuses change often, and one that is lost costs little as long as who was ready is not. */
const STATUS_WRITE_DELAY_MS = 5_000;

/**
 * The pods this node was told to run, and the Services they were told of, kept in the data folder: an agent that starts
 * while no server answers goes on looking after them. A file for the owner's eyes only, since a pod's environment may hold what is nobody's business.
 */
export class DesiredPods {
  private pods = new Map<string, Pod>();
  private services = new Map<string, readonly ServiceLink[]>();
  private planned: { readonly dueMs: number; readonly cancel: () => void } | undefined;
  private readonly file: KeptFile;

  constructor(private readonly options: { readonly dataDir: string; readonly clock: Clock; readonly logger: Logger }) {
    this.file = new KeptFile(path.join(options.dataDir, 'assigned-pods.json'));
  }

  /** Reads what an earlier agent left. What cannot be read counts as nothing: the server will tell again. */
  async load(): Promise<void> {
    try {
      await this.file.read((document) => {
        const { pods, services } = isRecord(document) ? document : {};
        this.pods = new Map(
          listOf(pods)
            .filter(isPod)
            .map((pod) => [pod.metadata.uid, pod]),
        );
        for (const each of listOf(services).map((one) => parseNamespaceServices(one))) this.setServices(each);
      });
    } catch (error) {
      if (!(error instanceof DamagedFileError)) throw error;
      this.options.logger.warn({ file: this.file.path, error }, 'assigned pods unreadable, waiting for the server');
    }
  }

  get(uid: string): Pod | undefined {
    return this.pods.get(uid);
  }

  all(): readonly Pod[] {
    return [...this.pods.values()];
  }

  set(pod: Pod): void {
    this.pods.set(pod.metadata.uid, pod);
    this.writeWithin(WRITE_DELAY_MS);
  }

  /**
   * What was reported of a pod: how often its containers were started outlives containers that somebody removes, and which
   * were ready outlives the agent, however it ends.
   */
  noteStatus(uid: string, status: PodStatus): void {
    const pod = this.pods.get(uid);
    if (pod === undefined) return;
    this.pods.set(uid, { ...pod, status });
    const isSame = isDeepStrictEqual(readinessOf(pod.status), readinessOf(status));
    this.writeWithin(isSame ? STATUS_WRITE_DELAY_MS : WRITE_DELAY_MS);
  }

  servicesOf(namespace: string): readonly ServiceLink[] {
    return this.services.get(namespace) ?? [];
  }

  setServices({ namespace, services }: NamespaceServices): void {
    this.services.set(namespace, services);
    this.writeWithin(WRITE_DELAY_MS);
  }

  delete(uid: string): void {
    if (this.pods.delete(uid)) this.writeWithin(WRITE_DELAY_MS);
  }

  /** Writes what is not written yet. */
  async flush(): Promise<void> {
    if (this.planned !== undefined) {
      this.planned.cancel();
      this.write();
    }
    await this.file.settled();
  }

  private writeWithin(delayMs: number): void {
    const dueMs = this.options.clock.monotonic() + delayMs;
    if (this.planned !== undefined && this.planned.dueMs <= dueMs) return;
    this.planned?.cancel();
    this.planned = { dueMs, cancel: this.options.clock.setTimeout(() => this.write(), delayMs) };
  }

  private write(): void {
    this.planned = undefined;
    // One that fails is told of and does not throw: `flush` waits for all.
    void this.file
      .write(() => this.content())
      .catch((error: unknown) =>
        this.options.logger.error(
          { file: this.file.path, error },
          'assigned pods not written: a restart would forget them',
        ),
      );
  }

  private content(): object {
    const namespaces = new Set(this.all().map(({ metadata }) => metadata.namespace));
    const services = [...namespaces].map((namespace) => ({ namespace, services: this.servicesOf(namespace) }));
    return { pods: this.all(), services };
  }
}

const readinessOf = ({ initContainerStatuses = [], containerStatuses = [] }: PodStatus = {}): unknown =>
  [...initContainerStatuses, ...containerStatuses].map(({ containerID, started, ready }) => ({
    containerID,
    started,
    ready,
  }));

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** Written by an agent of ours: only a file cut short or of another make has to be told apart. */
const isPod = (value: unknown): value is Pod =>
  isRecord(value) &&
  isRecord(value['metadata']) &&
  typeof value['metadata']['uid'] === 'string' &&
  isRecord(value['spec']) &&
  Array.isArray(value['spec']['containers']);
