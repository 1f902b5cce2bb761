import { grownInts, nextSize } from './growing';

/** The pods that are placed, by slot, and those of each node as a list through typed arrays. */
export class PodTable {
  /** Class id, node and device mask, by pod slot. */
  private classes = new Int32Array(64);
  private nodes = new Int32Array(64);
  private masks = new Int32Array(64);
  private dying = new Int32Array(64);
  private next = new Int32Array(64).fill(-1);
  private previous = new Int32Array(64).fill(-1);
  /** First pod of each node. */
  private first = new Int32Array(64).fill(-1);
  private vacant = -1;
  private size = 0;
  count = 0;

  add(classId: number, node: number, mask: number): number {
    const pod = this.take();
    if (node >= this.first.length) this.first = grownInts(this.first, nextSize(this.first.length, node + 1), -1);
    this.classes[pod] = classId;
    this.nodes[pod] = node;
    this.masks[pod] = mask;
    this.dying[pod] = 0;
    const head = this.first[node] ?? -1;
    this.next[pod] = head;
    this.previous[pod] = -1;
    if (head >= 0) this.previous[head] = pod;
    this.first[node] = pod;
    this.count += 1;
    return pod;
  }

  remove(pod: number): void {
    const next = this.next[pod] ?? -1;
    const previous = this.previous[pod] ?? -1;
    if (previous >= 0) this.next[previous] = next;
    else this.first[this.nodeOf(pod)] = next;
    if (next >= 0) this.previous[next] = previous;
    this.nodes[pod] = -1;
    this.next[pod] = this.vacant;
    this.vacant = pod;
    this.count -= 1;
  }

  classOf(pod: number): number {
    return this.classes[pod] ?? -1;
  }

  nodeOf(pod: number): number {
    return this.nodes[pod] ?? -1;
  }

  maskOf(pod: number): number {
    return this.masks[pod] ?? 0;
  }

  /** Being deleted: it still takes its room. */
  isDying(pod: number): boolean {
    return this.dying[pod] === 1;
  }

  setDying(pod: number): void {
    this.dying[pod] = 1;
  }

  firstOn(node: number): number {
    return this.first[node] ?? -1;
  }

  nextOf(pod: number): number {
    return this.next[pod] ?? -1;
  }

  /** Do not add or remove while going through. */
  *on(node: number): Generator<number> {
    for (let pod = this.firstOn(node); pod >= 0; pod = this.nextOf(pod)) yield pod;
  }

  private take(): number {
    if (this.vacant >= 0) {
      const pod = this.vacant;
      this.vacant = this.next[pod] ?? -1;
      return pod;
    }
    const pod = this.size++;
    if (pod >= this.classes.length) this.grow(pod + 1);
    return pod;
  }

  private grow(needed: number): void {
    const size = nextSize(this.classes.length, needed);
    this.classes = grownInts(this.classes, size);
    this.nodes = grownInts(this.nodes, size);
    this.masks = grownInts(this.masks, size);
    this.dying = grownInts(this.dying, size);
    this.next = grownInts(this.next, size, -1);
    this.previous = grownInts(this.previous, size, -1);
  }
}
