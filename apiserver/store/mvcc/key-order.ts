/** UTF-8 byte order is code point order, which JavaScript's own comparison is not beyond the basic plane. */
export function compareKeys(a: string, b: string): number {
  if (a === b) return 0;
  return hasSurrogates(a) || hasSurrogates(b) ? Buffer.compare(Buffer.from(a), Buffer.from(b)) : a < b ? -1 : 1;
}

const hasSurrogates = (text: string): boolean => /[\ud800-\udfff]/.test(text);

/** A chunk that has grown to this is cut in two. */
const MOST = 1_024;

/** Strings in ascending UTF-8 order, each once; kept in chunks, so that one more costs little among however many. */
export class SortedKeys {
  private chunks: string[][] = [];
  /** Nothing beyond the basic plane was met yet: JavaScript's own order is the right one. */
  private isPlain = true;

  add(key: string): void {
    this.note(key);
    const at = this.chunkOf(key);
    const chunk = this.chunks[at];
    if (chunk === undefined) {
      this.chunks.push([key]);
      return;
    }
    const index = this.indexIn(chunk, key);
    if (chunk[index] === key) return;
    if (index === chunk.length) chunk.push(key);
    else chunk.splice(index, 0, key);
    if (chunk.length < MOST) return;
    // What comes in order fills chunks; what comes in between leaves room on both sides.
    const kept = index === chunk.length - 1 && at === this.chunks.length - 1 ? MOST - 1 : MOST / 2;
    this.chunks.splice(at + 1, 0, chunk.splice(kept));
  }

  delete(key: string): void {
    this.note(key);
    const at = this.chunkOf(key);
    const chunk = this.chunks[at];
    if (chunk === undefined) return;
    const index = this.indexIn(chunk, key);
    if (chunk[index] !== key) return;
    chunk.splice(index, 1);
    if (chunk.length === 0) this.chunks.splice(at, 1);
  }

  retain(isKept: (key: string) => boolean): void {
    this.chunks = this.chunks.map((chunk) => chunk.filter(isKept)).filter((chunk) => chunk.length > 0);
  }

  get isEmpty(): boolean {
    return this.chunks.length === 0;
  }

  all(): readonly string[] {
    return this.chunks.flat();
  }

  /** The keys with this prefix, behind `after` where given. Keys that come or go meanwhile may be missed, no others. */
  *range(prefix: string, after?: string): Generator<string> {
    this.note(prefix);
    if (after !== undefined) this.note(after);
    let previous = after === undefined || this.isLess(after, prefix) ? undefined : after;
    for (;;) {
      const from: string = previous ?? prefix;
      const at = this.chunkOf(from);
      const chunk = this.chunks[at];
      if (chunk === undefined) return;
      let index = this.indexIn(chunk, from);
      if (previous !== undefined && chunk[index] === previous) index += 1;
      const rest = index < chunk.length ? chunk.slice(index) : (this.chunks[at + 1]?.slice() ?? []);
      if (rest.length === 0) return;
      for (const key of rest) {
        if (!key.startsWith(prefix)) return;
        yield key;
        previous = key;
      }
    }
  }

  private note(key: string): void {
    this.isPlain &&= !hasSurrogates(key);
  }

  private isLess(one: string, other: string): boolean {
    return this.isPlain ? one < other : compareKeys(one, other) < 0;
  }

  /** Index of the last chunk that begins at or before this key; 0 where none does. */
  private chunkOf(key: string): number {
    let low = 0;
    let high = this.chunks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.isLess(key, this.chunks[middle]?.[0] ?? '')) high = middle;
      else low = middle + 1;
    }
    return Math.max(0, low - 1);
  }

  /** Index of the first key not less than this one. */
  private indexIn(chunk: readonly string[], key: string): number {
    let low = 0;
    let high = chunk.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.isLess(chunk[middle] ?? '', key)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
