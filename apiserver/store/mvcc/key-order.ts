/** UTF-8 byte order is code point order, which JavaScript's own comparison is not beyond the basic plane. */
export function compareKeys(a: string, b: string): number {
  if (a === b) return 0;
  return hasSurrogates(a) || hasSurrogates(b) ? Buffer.compare(Buffer.from(a), Buffer.from(b)) : a < b ? -1 : 1;
}

const hasSurrogates = (text: string): boolean => /[\ud800-\udfff]/.test(text);

/** Strings in ascending UTF-8 order, each once. */
export class SortedKeys {
  private keys: string[] = [];

  add(key: string): void {
    const last = this.keys.at(-1);
    if (last === undefined || compareKeys(last, key) < 0) this.keys.push(key);
    else {
      const index = this.indexOf(key);
      if (this.keys[index] !== key) this.keys.splice(index, 0, key);
    }
  }

  retain(isKept: (key: string) => boolean): void {
    this.keys = this.keys.filter(isKept);
  }

  /** The keys with this prefix, behind `after` where given. */
  *range(prefix: string, after?: string): Generator<string> {
    const start =
      after === undefined || compareKeys(after, prefix) < 0 ? this.indexOf(prefix) : this.indexBehind(after);
    for (let index = start; index < this.keys.length; index++) {
      const key = this.keys[index] ?? '';
      if (!key.startsWith(prefix)) return;
      yield key;
    }
  }

  private indexBehind(key: string): number {
    const index = this.indexOf(key);
    return this.keys[index] === key ? index + 1 : index;
  }

  /** Index of the first key not less than this one. */
  private indexOf(key: string): number {
    let low = 0;
    let high = this.keys.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compareKeys(this.keys[middle] ?? '', key) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
