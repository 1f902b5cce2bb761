/**
 * A set of field paths, as a tree of path elements in the notation of FieldsV1 (k8s.io/apimachinery meta/v1): `f:name` is a
 * field or a map's key, `k:{"name":"web"}` an item of a list by its keys, `v:"x"` an item of a set.
 */
export class FieldSet {
  /** Immutable by convention: the operations return new sets, which may share branches. */
  private constructor(
    /** The path up to here is itself a member. */
    readonly isMember: boolean,
    readonly children: ReadonlyMap<string, FieldSet>,
  ) {}

  static readonly empty = new FieldSet(false, new Map());
  static readonly member = new FieldSet(true, new Map());

  static of(isMember: boolean, children: ReadonlyMap<string, FieldSet>): FieldSet {
    const kept = [...children].filter(([, child]) => !child.isEmpty);
    return kept.length === 0 ? (isMember ? FieldSet.member : FieldSet.empty) : new FieldSet(isMember, new Map(kept));
  }

  get isEmpty(): boolean {
    return !this.isMember && this.children.size === 0;
  }

  child(element: string): FieldSet {
    return this.children.get(element) ?? FieldSet.empty;
  }

  union(other: FieldSet): FieldSet {
    if (other.isEmpty) return this;
    if (this.isEmpty) return other;
    const children = new Map(this.children);
    for (const [element, child] of other.children) {
      children.set(element, this.child(element).union(child));
    }
    return FieldSet.of(this.isMember || other.isMember, children);
  }

  difference(other: FieldSet): FieldSet {
    if (other.isEmpty || this.isEmpty) return this;
    const children = new Map(
      [...this.children].map(([element, child]) => [element, child.difference(other.child(element))]),
    );
    return FieldSet.of(this.isMember && !other.isMember, children);
  }

  intersection(other: FieldSet): FieldSet {
    const children = new Map(
      [...this.children].map(([element, child]) => [element, child.intersection(other.child(element))]),
    );
    return FieldSet.of(this.isMember && other.isMember, children);
  }

  equals(other: FieldSet): boolean {
    return (
      this.isMember === other.isMember &&
      this.children.size === other.children.size &&
      [...this.children].every(([element, child]) => child.equals(other.child(element)))
    );
  }

  /** Only what lies below these top-level fields. */
  only(fields: readonly string[]): FieldSet {
    return this.filterTop((field) => fields.includes(field));
  }

  without(fields: readonly string[]): FieldSet {
    return this.filterTop((field) => !fields.includes(field));
  }

  /** The member paths, each a list of path elements, sorted: those of one level before those below them. */
  *paths(above: readonly string[] = []): Generator<readonly string[]> {
    const children = [...this.children].sort(([a], [b]) => (a < b ? -1 : 1));
    for (const [element, child] of children) if (child.isMember) yield [...above, element];
    for (const [element, child] of children) yield* child.paths([...above, element]);
  }

  private filterTop(keeps: (field: string) => boolean): FieldSet {
    return FieldSet.of(this.isMember, new Map([...this.children].filter(([element]) => keeps(element.slice(2)))));
  }
}

/** `.spec.containers[name="web"].image`, as Kubernetes prints a path. */
export function pathText(path: readonly string[]): string {
  return path
    .map((element) => {
      const rest = element.slice(2);
      switch (element.slice(0, 2)) {
        case 'f:':
          return `.${rest}`;
        case 'k:':
          return `[${Object.entries(JSON.parse(rest) as Record<string, unknown>)
            .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
            .join(',')}]`;
        case 'v:':
          return `[=${rest}]`;
        default:
          return `[${rest}]`;
      }
    })
    .join('');
}
