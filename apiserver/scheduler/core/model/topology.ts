import { untolerated } from '../node-constraints/tolerations';
import { wantsNode } from '../node-constraints/node-affinity';
import { UNIT, WISH } from '../scores/cost';
import type { Counted } from './domain-counter';
import { DomainCounter } from './domain-counter';
import type { NodeTable } from './node-table';
import type { PodClass } from './pod-class';
import type { PodTerm, Relating, SpreadTerm } from './pod-relations';
import type { Labels } from '../../../../shared/selectors/label-selector';
import type { NodeFacts } from './node-facts';
import { intersection } from './selection';
import { TopologyKey } from './topology-key';

const HOSTNAME = 'kubernetes.io/hostname';
const ZONE = 'topology.kubernetes.io/zone';

/** Cost of each pod of the same owner on the node, and in the zone. */
const SAME_NODE = UNIT;
const SAME_ZONE = UNIT / 10;
/** A node without the label that a wished-for spread goes by is as good as a very full domain. */
const FULL_DOMAIN = 500;

const holdsTerm = (terms: readonly PodTerm[], { topologyKey, selection }: PodTerm): boolean =>
  terms.some((each) => each.topologyKey === topologyKey && each.selection.signature === selection.signature);

/** A running pod's wishes about others count for those others too, and its requirement as a wish of weight 1. */
function wishOf({ relations }: Relating, { topologyKey, selection }: PodTerm): number {
  const same = (each: PodTerm): boolean =>
    each.topologyKey === topologyKey && each.selection.signature === selection.signature;
  const preferred = relations.preferred.filter(same).reduce((sum, { weight }) => sum + weight, 0);
  return preferred + relations.near.filter(same).length;
}

/** The topology keys and counters that classes of pods go by, each made once and kept up to date. */
export class Topology {
  readonly keys = new Map<string, TopologyKey>();
  readonly counters: DomainCounter[] = [];
  /** Grows when a node changes its domain of any key. */
  version = 0;
  private readonly known = new Map<string, DomainCounter>();
  /** Terms of those who may run somewhere, for the other direction. */
  private readonly repelling = new Map<string, { readonly term: PodTerm; readonly counter: DomainCounter }>();
  private readonly wishing = new Map<string, { readonly term: PodTerm; readonly counter: DomainCounter }>();

  constructor(
    private readonly nodes: NodeTable,
    private readonly namespaces: ReadonlyMap<string, Labels>,
    private readonly classes: ReadonlyMap<number, PodClass>,
    /** Counts the pods that are placed already in a new counter. */
    private readonly fill: (counter: DomainCounter) => void,
  ) {}

  /** A new class, which is one of `classes` already: those that there are learn of it. */
  introduce(podClass: PodClass): void {
    for (const counter of this.counters) this.countIn(podClass, counter);
    for (const { term, counter } of this.repelling.values()) this.beUnwelcome(podClass, term, counter);
    for (const { term, counter } of this.wishing.values()) this.beWished(podClass, term, counter);
    this.compile(podClass);
  }

  /** Finds or makes the counters of a class. */
  private compile(podClass: PodClass): void {
    const { near, apart, preferred, spread, softSpread } = podClass.relations;
    const { rules } = podClass;
    podClass.seeksItself = near.every(({ selection }) => selection.matches(podClass, this.namespaces));
    const all = intersection(near.map(({ selection }) => selection));
    rules.near.push(...near.map(({ topologyKey }) => this.selected({ topologyKey, selection: all })));
    rules.apart.push(...apart.map((term) => this.selected(term)));
    const scale = preferred.reduce((sum, { weight }) => sum + Math.abs(weight), 0);
    for (const term of preferred) {
      const weight = -Math.round((WISH * term.weight) / scale);
      rules.wishes.push({ counter: this.selected(term), weight, missing: 0 });
    }
    for (const term of spread) rules.spread.push({ ...term, ...this.spreadRule(podClass, term, spread) });
    for (const term of softSpread) {
      const { counter } = this.spreadRule(podClass, term, softSpread);
      const weight = Math.round(UNIT / term.maxSkew);
      rules.wishes.push({ counter, weight, missing: weight * FULL_DOMAIN });
    }
    this.spreadByOwner(podClass);
    for (const term of apart) this.repel(term);
    for (const term of [...near, ...preferred]) this.wish(term);
  }

  /** Classes went, or labels of namespaces changed: who counts whom is worked out anew. */
  recompile(): void {
    for (const each of [this.known, this.repelling, this.wishing]) each.clear();
    this.counters.length = 0;
    for (const podClass of this.classes.values()) {
      const { near, apart, unwelcome, spread, wishes } = podClass.rules;
      for (const list of [near, apart, unwelcome, spread, wishes, podClass.counts]) list.length = 0;
      podClass.rulesVersion += 1;
    }
    for (const podClass of this.classes.values()) this.compile(podClass);
  }

  /** A node is new or its labels or taints changed. Between `leave` and `join` no pod of it is counted. */
  leave(node: number): void {
    for (const counter of this.counters) counter.leave(node);
  }

  join(node: number): void {
    for (const key of this.keys.values()) this.setDomain(key, node);
    for (const counter of this.counters) counter.join(node);
  }

  private setDomain(key: TopologyKey, node: number): void {
    if (key.set(node, this.nodes.facts[node]?.labels[key.name])) this.version += 1;
  }

  private key(name: string): TopologyKey {
    const known = this.keys.get(name);
    if (known !== undefined) return known;
    const key = new TopologyKey(name);
    this.keys.set(name, key);
    for (const [, node] of this.nodes.names()) this.setDomain(key, node);
    return key;
  }

  private counter(topologyKey: string, counted: Counted): DomainCounter {
    const signature = `${topologyKey} ${counted.signature}`;
    const known = this.known.get(signature);
    if (known !== undefined) return known;
    const counter = new DomainCounter(this.key(topologyKey), counted);
    this.known.set(signature, counter);
    this.counters.push(counter);
    for (const [, node] of this.nodes.names()) counter.join(node);
    for (const each of this.classes.values()) this.countIn(each, counter);
    this.fill(counter);
    return counter;
  }

  private countIn(podClass: PodClass, counter: DomainCounter): void {
    const weight = counter.counted.weightOf(podClass);
    if (weight !== 0) podClass.counts.push({ counter, weight });
  }

  private selected({ topologyKey, selection }: PodTerm): DomainCounter {
    return this.counter(topologyKey, {
      signature: `pods ${selection.signature}`,
      weightOf: (podClass) => (selection.matches(podClass, this.namespaces) ? 1 : 0),
    });
  }

  private spreadRule(podClass: PodClass, term: SpreadTerm, together: readonly SpreadTerm[]) {
    const { nodeSelector, terms, tolerations } = podClass.demand;
    const wanted = { nodeSelector, ...(terms === undefined ? {} : { terms }) };
    const keys = together.map(({ topologyKey }) => topologyKey).sort();
    const includes = (facts: NodeFacts): boolean =>
      keys.every((key) => facts.labels[key] !== undefined) &&
      (!term.honorsAffinity || wantsNode(wanted, facts)) &&
      (!term.honorsTaints || untolerated(tolerations, facts.taints) === undefined);
    const scope = [keys, term.honorsAffinity && wanted, term.honorsTaints && tolerations];
    const counter = this.counter(term.topologyKey, {
      signature: `spread ${term.selection.signature} ${JSON.stringify(scope)}`,
      weightOf: (other) => (term.selection.matches(other, this.namespaces) ? 1 : 0),
      onlyLiving: true,
      includes: (node) => {
        const facts = this.nodes.facts[node];
        return facts !== undefined && includes(facts);
      },
    });
    return { counter, self: term.selection.matches(podClass, this.namespaces) ? 1 : 0 };
  }

  private spreadByOwner({ spreadOwner, rules }: PodClass): void {
    if (spreadOwner === undefined) return;
    const counted: Counted = {
      signature: `owner ${spreadOwner}`,
      weightOf: (other) => (other.spreadOwner === spreadOwner ? 1 : 0),
      onlyLiving: true,
    };
    rules.wishes.push({ counter: this.counter(HOSTNAME, counted), weight: SAME_NODE, missing: 0 });
    rules.wishes.push({ counter: this.counter(ZONE, counted), weight: SAME_ZONE, missing: 0 });
  }

  private repel(term: PodTerm): void {
    const signature = `${term.topologyKey} ${term.selection.signature}`;
    if (this.repelling.has(signature)) return;
    const counter = this.counter(term.topologyKey, {
      signature: `apart from ${term.selection.signature}`,
      weightOf: ({ relations }) => (holdsTerm(relations.apart, term) ? 1 : 0),
    });
    this.repelling.set(signature, { term, counter });
    for (const podClass of this.classes.values()) this.beUnwelcome(podClass, term, counter);
  }

  private beUnwelcome(podClass: PodClass, { selection }: PodTerm, counter: DomainCounter): void {
    if (!selection.matches(podClass, this.namespaces)) return;
    podClass.rules.unwelcome.push(counter);
    podClass.rulesVersion += 1;
  }

  private wish(term: PodTerm): void {
    const signature = `${term.topologyKey} ${term.selection.signature}`;
    if (this.wishing.has(signature)) return;
    const counter = this.counter(term.topologyKey, {
      signature: `wishes for ${term.selection.signature}`,
      weightOf: (podClass) => wishOf(podClass, term),
    });
    this.wishing.set(signature, { term, counter });
    for (const podClass of this.classes.values()) this.beWished(podClass, term, counter);
  }

  private beWished(podClass: PodClass, { selection }: PodTerm, counter: DomainCounter): void {
    if (!selection.matches(podClass, this.namespaces)) return;
    podClass.rules.wishes.push({ counter, weight: -WISH / 100, missing: 0 });
    podClass.rulesVersion += 1;
  }
}
