import type { Kind } from './kind';

/** Finds kinds by how requests and our own code name them. Custom kinds come and go while the server runs. */
export class KindList {
  private custom: ReadonlyMap<string, readonly Kind[]> = new Map();
  private readonly handlers = new Set<() => void>();
  private kinds: readonly Kind[];
  private byPath: ReadonlyMap<string, Kind>;
  private byName: ReadonlyMap<string, Kind>;
  private byGroupKind: ReadonlyMap<string, string>;

  /** `virtual`: kinds that are answered without being stored. */
  constructor(
    private readonly stored: readonly Kind[],
    private readonly virtual: readonly Kind[] = [],
  ) {
    const builtIn = [...stored, ...virtual];
    this.kinds = builtIn;
    this.byPath = indexByPath(builtIn);
    this.byName = indexByName(stored);
    this.byGroupKind = indexByGroupKind(stored);
  }

  /** In the order in which discovery names them: the built-in ones first. */
  get all(): readonly Kind[] {
    return this.kinds;
  }

  isVirtual(kind: Kind): boolean {
    return this.virtual.includes(kind);
  }

  byResource(group: string, version: string, plural: string): Kind | undefined {
    return this.byPath.get(pathOf({ group, version, plural }));
  }

  /** By the name that our own code uses: `Pod` for built-in kinds, `Kind.group` for custom ones. Throws for an unknown one. */
  require(name: string): Kind {
    const found = this.byName.get(name);
    if (found === undefined) throw new Error(`there is no kind ${name}`);
    return found;
  }

  /** The names that `require` takes, each once. */
  names(namespaced?: boolean): readonly string[] {
    const all = [...this.byName];
    return all.filter(([, kind]) => namespaced === undefined || kind.namespaced === namespaced).map(([name]) => name);
  }

  /** The name of what an apiVersion and kind mean; undefined where nothing such is served. */
  nameOf(apiVersion: string, kind: string): string | undefined {
    const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
    return this.byGroupKind.get(`${group}/${kind}`);
  }

  /** The kinds that one definition makes, in place of those that it made before; none: they are gone. */
  setCustom(definition: string, kinds: readonly Kind[]): void {
    const custom = new Map(this.custom);
    if (kinds.length === 0) custom.delete(definition);
    else custom.set(definition, kinds);
    this.custom = custom;
    const stored = [...this.stored, ...[...custom.values()].flat()];
    this.kinds = [...stored, ...this.virtual];
    this.byPath = indexByPath(this.kinds);
    this.byName = indexByName(stored);
    this.byGroupKind = indexByGroupKind(stored);
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
const nameOf = ({ kind, group, custom }: Kind): string => (custom === undefined ? kind : `${kind}.${group}`);

/** Of a built-in kind that is served in several versions the one that is stored, of a custom kind any: all are one type. */
const indexByName = (kinds: readonly Kind[]): ReadonlyMap<string, Kind> =>
  new Map(
    kinds
      .filter(({ custom, conversion }) => custom !== undefined || conversion === undefined)
      .map((kind) => [nameOf(kind), kind]),
  );

const indexByGroupKind = (kinds: readonly Kind[]): ReadonlyMap<string, string> =>
  new Map(kinds.map((kind) => [`${kind.group}/${kind.kind}`, nameOf(kind)]));
