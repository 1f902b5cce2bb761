import path from 'node:path';
import type { Logger } from '../../shared/logger';
import { DamagedFileError, KeptFile } from '../kept-file';

/** An image that this agent brought to the engine. */
export interface PulledImage {
  readonly id: string;
  /** As they were asked for. */
  readonly names: readonly string[];
  readonly pulledAtMs: number;
  readonly lastUsedAtMs: number;
}

const VERSION = 1;

/**
 * Which images this agent pulled, and which ones a person pinned, kept in the data folder: whatever is not written here
 * was brought by somebody else, and is never removed. A change is on disk when the call that makes it resolves.
 */
export class ImageRecord {
  private pulled = new Map<string, PulledImage>();
  private pinned = new Set<string>();
  private readonly file: KeptFile;

  constructor(private readonly options: { readonly dataDir: string; readonly logger: Logger }) {
    this.file = new KeptFile(path.join(options.dataDir, 'images.json'));
  }

  /** Reads what an earlier agent left. What cannot be read counts as nothing: then no image is ours to remove. */
  async load(): Promise<void> {
    try {
      await this.file.read((document) => {
        const { pulled, pinned } = isRecord(document) ? document : {};
        this.pulled = new Map(
          listOf(pulled)
            .filter(isPulledImage)
            .map((each) => [each.id, each]),
        );
        this.pinned = new Set(listOf(pinned).filter((name): name is string => typeof name === 'string'));
      });
    } catch (error) {
      if (!(error instanceof DamagedFileError)) throw error;
      this.options.logger.warn(
        { file: this.file.path, error },
        'the record of pulled images is damaged, it starts anew',
      );
    }
  }

  of(id: string): PulledImage | undefined {
    return this.pulled.get(id);
  }

  get pins(): ReadonlySet<string> {
    return this.pinned;
  }

  async notePull(id: string, name: string, nowMs: number): Promise<void> {
    const known = this.pulled.get(id);
    const names = new Set([...(known?.names ?? []), name]);
    this.pulled.set(id, { id, names: [...names], pulledAtMs: known?.pulledAtMs ?? nowMs, lastUsedAtMs: nowMs });
    await this.write();
  }

  /** Of images that it does not know, nothing is noted. */
  async noteUse(ids: Iterable<string>, nowMs: number): Promise<void> {
    let isChanged = false;
    for (const id of ids) {
      const known = this.pulled.get(id);
      if (known === undefined) continue;
      this.pulled.set(id, { ...known, lastUsedAtMs: nowMs });
      isChanged = true;
    }
    if (isChanged) await this.write();
  }

  /** Forgets those that the engine does not have any more: should they come back, somebody else brought them. */
  async keepOnly(present: ReadonlySet<string>): Promise<void> {
    const gone = [...this.pulled.keys()].filter((id) => !present.has(id));
    for (const id of gone) this.pulled.delete(id);
    if (gone.length > 0) await this.write();
  }

  async pin(name: string, isPinned: boolean): Promise<void> {
    if (isPinned) this.pinned.add(name);
    else this.pinned.delete(name);
    await this.write();
  }

  private write(): Promise<void> {
    return this.file.write(() => ({
      version: VERSION,
      pulled: [...this.pulled.values()],
      pinned: [...this.pinned],
    }));
  }
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

function isPulledImage(value: unknown): value is PulledImage {
  if (!isRecord(value)) return false;
  const { id, names, pulledAtMs, lastUsedAtMs } = value;
  return (
    typeof id === 'string' &&
    listOf(names).every((name) => typeof name === 'string') &&
    typeof pulledAtMs === 'number' &&
    typeof lastUsedAtMs === 'number'
  );
}
