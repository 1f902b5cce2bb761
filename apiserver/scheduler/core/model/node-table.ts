import { grownFloats, grownInts, nextSize } from './growing';
import type { NodeFacts } from './node-facts';

/** Columns that every node has; further resources get the next ones as they are met. */
export const CPU = 0;
export const MEMORY = 1;
export const PODS = 2;

/**
 * The nodes, by slot, in columns: one typed array a resource. A slot is reused after its node is gone.
 *
 * `free` is what requests have left: a hard limit. `slack` is the same for cpu and memory with pods that request
 * nothing counted as small ones, as kube-scheduler's scores see them (GetNonzeroRequests).
 */
export class NodeTable {
  readonly resources: string[] = ['cpu', 'memory', 'pods'];
  /** Slots that are or were in use. */
  size = 0;
  readonly facts: (NodeFacts | undefined)[] = [];
  readonly capacity: Float64Array[] = [];
  readonly free: Float64Array[] = [];
  readonly slack: [Float64Array, Float64Array] = [new Float64Array(0), new Float64Array(0)];
  /** Share of the node that one unit is: 1 / capacity, 0 where there is none. By resource, as `capacity`. */
  readonly perUnit: Float64Array[] = [];
  /** Sum of `capacity` over all nodes, by resource. */
  readonly totals: number[] = [];
  /** Grows when a node comes or goes. */
  namesVersion = 0;
  /** By slot: the number of the name there. Slots are used again by other nodes, numbers of names never. */
  nameIds: Int32Array = new Int32Array(0);
  /** All names that nodes ever had, by number. */
  private readonly everNamed: string[] = [];
  private readonly ids = new Map<string, number>();
  private readonly slots = new Map<string, number>();
  private readonly vacant: number[] = [];
  private room = 64;

  constructor() {
    for (const _ of this.resources) this.addColumn();
    this.slack = [new Float64Array(this.room), new Float64Array(this.room)];
    this.nameIds = new Int32Array(this.room);
  }

  /** How many nodes there are. */
  get count(): number {
    return this.slots.size;
  }

  slotOf(name: string): number | undefined {
    return this.slots.get(name);
  }

  nameOf(node: number): string {
    return this.facts[node]?.name ?? '';
  }

  /** The name of that number, though its node may be gone. */
  nameOfId(id: number): string {
    return this.everNamed[id] ?? '';
  }

  /** Whether no pod counts there. */
  isEmpty(node: number): boolean {
    return this.free[PODS]?.[node] === this.capacity[PODS]?.[node];
  }

  /** Slots of all nodes, by name. */
  names(): IterableIterator<[name: string, node: number]> {
    return this.slots.entries();
  }

  /** The column of a resource, made when it is new. */
  columnOf(resource: string): number {
    const known = this.resources.indexOf(resource);
    if (known >= 0) return known;
    this.resources.push(resource);
    this.addColumn();
    return this.resources.length - 1;
  }

  /** Adds a node or changes what one says about itself; what is used there stays used. */
  set(facts: NodeFacts): number {
    const node = this.slots.get(facts.name) ?? this.take(facts.name);
    this.facts[node] = facts;
    for (const name of facts.allocatable.keys()) this.columnOf(name);
    for (const [column, name] of this.resources.entries()) {
      const missing = column === PODS ? Number.MAX_SAFE_INTEGER : 0;
      this.setCapacity(node, column, facts.allocatable.get(name) ?? missing);
    }
    return node;
  }

  /** Nothing may be placed there any more. */
  remove(node: number): void {
    this.slots.delete(this.nameOf(node));
    for (const column of this.resources.keys()) this.setCapacity(node, column, 0);
    this.facts[node] = undefined;
    this.vacant.push(node);
    this.namesVersion += 1;
  }

  private take(name: string): number {
    const node = this.vacant.pop() ?? this.size++;
    this.slots.set(name, node);
    this.namesVersion += 1;
    if (node >= this.room) this.grow(nextSize(this.room, node + 1));
    this.nameIds[node] = this.idOf(name);
    return node;
  }

  private idOf(name: string): number {
    const known = this.ids.get(name);
    if (known !== undefined) return known;
    const id = this.everNamed.push(name) - 1;
    this.ids.set(name, id);
    return id;
  }

  private setCapacity(node: number, column: number, amount: number): void {
    const capacity = this.capacity[column];
    const free = this.free[column];
    const perUnit = this.perUnit[column];
    if (capacity === undefined || free === undefined || perUnit === undefined) return;
    const more = amount - (capacity[node] ?? 0);
    capacity[node] = amount;
    free[node] = (free[node] ?? 0) + more;
    perUnit[node] = amount === 0 ? 0 : 1 / amount;
    this.totals[column] = (this.totals[column] ?? 0) + more;
    const slack = column === CPU || column === MEMORY ? this.slack[column] : undefined;
    if (slack !== undefined) slack[node] = (slack[node] ?? 0) + more;
  }

  private addColumn(): void {
    this.capacity.push(new Float64Array(this.room));
    this.free.push(new Float64Array(this.room));
    this.perUnit.push(new Float64Array(this.room));
    this.totals.push(0);
  }

  private grow(room: number): void {
    this.room = room;
    this.nameIds = grownInts(this.nameIds, room);
    for (const columns of [this.capacity, this.free, this.perUnit, this.slack]) {
      for (const [index, column] of columns.entries()) columns[index] = grownFloats(column, room);
    }
  }
}
