import type { Kind } from './kind';

/** Finds kinds by how requests and our own code name them. Custom kinds come and go while the server runs. */
export class KindList {
  private custom: ReadonlyMap<string, readonly Kind[]> = new Map();
  private readonly handlers = new Set<() => void>();
  private kinds: readonly Kind[];
  private byPath: ReadonlyMap<string, Kind>;
  private readonly byName: ReadonlyMap<string, Kind>;

  constructor(private readonly builtIn: readonly Kind[]) {
    this.kinds = builtIn;
    this.byPath = indexByPath(builtIn);
    this.byName = indexByName(builtIn);
  }

  /** In the order in which discovery names them: the built-in ones first. */
  get all(): readonly Kind[] {
    return this.kinds;
  }

  byResource(group: string, version: string, plural: string): Kind | undefined {
    return this.byPath.get(pathOf({ group, version, plural }));
  }

  /** By kind name alone, as our own code names the built-in kinds. Throws for an unknown one. */
  require(name: string): Kind {
    const found = this.byName.get(name);
    if (found === undefined) throw new Error(`there is no kind ${name}`);
    return found;
  }

  /** The kinds that one definition makes, in place of those that it made before; none: they are gone. */
  setCustom(definition: string, kinds: readonly Kind[]): void {
    const custom = new Map(this.custom);
    if (kinds.length === 0) custom.delete(definition);
    else custom.set(definition, kinds);
    this.custom = custom;
    this.kinds = [...this.builtIn, ...[...custom.values()].flat()];
    this.byPath = indexByPath(this.kinds);
    for (const handler of this.handlers) handler();
  }

  /** Calls `handler` after each change. Returns the function that unsubscribes. */
  onChange(handler: () => void): () => void {
    this.handlers.add(handler);
    return () => this.handlers.delete(handler);
  }
}

const pathOf = ({ group, version, plural }: Pick<Kind, 'group' | 'version' | 'plural'>): string =>
  `${group}/${version}/${plural}`;
const indexByPath = (kinds: readonly Kind[]): ReadonlyMap<string, Kind> =>
  new Map(kinds.map((kind) => [pathOf(kind), kind]));
/** Of a kind that is served in several versions, the one it is stored in. */
const indexByName = (kinds: readonly Kind[]): ReadonlyMap<string, Kind> =>
  new Map(kinds.filter(({ conversion }) => conversion === undefined).map((kind) => [kind.kind, kind]));
