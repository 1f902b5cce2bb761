import { isIP } from 'node:net';
import type { ApiObject, Service } from '../../shared/api/objects';
import { isSameJson } from '../../shared/same-json';
import type { Random } from '../../shared/random';
import type { StatusCause } from '../../shared/status-error';
import { invalid, StatusError } from '../../shared/status-error';
import { isReachedFromOutside } from '../kinds/service-problems';
import { invalidValue } from '../kinds/validation/field-errors';
import type { AdmissionPlugin, Lookup } from './admission';
import { shownName } from './admission';
import type { IpRange } from './ip-range';

type ServiceSpec = NonNullable<Service['spec']>;

const FIRST_NODE_PORT = 30_000;
const LAST_NODE_PORT = 32_767;
const HEADLESS = 'None';

/** What other services hold. */
interface Taken {
  readonly ips: ReadonlySet<string>;
  readonly ports: ReadonlySet<number>;
}

/**
 * Gives services their cluster IPs and node ports, and keeps what they have. That no two get the same one, even at the
 * same time, is the claims' doing (`Kind.claims`): a writer that comes second decides again on what is taken then.
 */
export const createServiceAddresses = (range: IpRange, random: Random): AdmissionPlugin => ({
  name: 'ServiceAddresses',
  admitCreate({ kind, lookup }, object) {
    if (kind.kind !== 'Service' || kind.group !== '') return;
    assign(object, takenBy(lookup, undefined), { range, random });
  },
  admitUpdate({ kind, lookup }, object, old) {
    if (kind.kind !== 'Service' || kind.group !== '') return;
    keep(specOf(object), specOf(old as ApiObject));
    assign(object as ApiObject, takenBy(lookup, old.metadata.uid), { range, random, old: specOf(old as ApiObject) });
  },
});

const specOf = (object: ApiObject): ServiceSpec => (object['spec'] ??= {}) as ServiceSpec;

function takenBy(lookup: Lookup, exceptUid: string | undefined): Taken {
  const others = lookup.list('Service').filter(({ metadata }) => metadata.uid !== exceptUid);
  return {
    ips: new Set(others.flatMap(({ spec }) => spec?.clusterIP ?? [])),
    ports: new Set(others.flatMap(({ spec }) => (spec?.ports ?? []).flatMap(({ nodePort }) => nodePort ?? []))),
  };
}

/** What an update leaves out stays; what its type has no use for any more goes, unless it is set anew. */
function keep(spec: ServiceSpec, old: ServiceSpec): void {
  const drop = <K extends keyof ServiceSpec>(...fields: readonly K[]): void => {
    for (const field of fields) if (isSameJson(spec[field], old[field])) delete spec[field];
  };
  if (spec.type === 'ExternalName') drop('clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy');
  else keepAddresses(spec, old);
  if (spec.type !== 'LoadBalancer') drop('allocateLoadBalancerNodePorts', 'loadBalancerClass');
  if (!isReachedFromOutside(spec)) drop('externalTrafficPolicy');
  if (spec.type !== 'LoadBalancer' || spec.externalTrafficPolicy !== 'Local') drop('healthCheckNodePort');
  const oldPorts = new Map((old.ports ?? []).map((port) => [`${port.protocol ?? 'TCP'}/${port.port}`, port.nodePort]));
  for (const port of spec.ports ?? []) {
    const before = oldPorts.get(`${port.protocol ?? 'TCP'}/${port.port}`);
    if (before === undefined) continue;
    if (hasNodePorts(spec)) port.nodePort ??= before;
    else if (port.nodePort === before) delete port.nodePort;
  }
}

/** Clients that know only one of the two fields change the other with it. */
function keepAddresses(spec: ServiceSpec, old: ServiceSpec): void {
  const ip = spec.clusterIP ?? '';
  if (ip === '' && spec.clusterIPs === undefined && old.clusterIP !== undefined) {
    Object.assign(spec, { clusterIP: old.clusterIP, clusterIPs: [...(old.clusterIPs ?? [old.clusterIP])] });
  } else if (ip === old.clusterIP) {
    if (old.clusterIPs !== undefined) spec.clusterIPs ??= [...old.clusterIPs];
  } else if (isSameJson(spec.clusterIPs, old.clusterIPs)) {
    if (ip === '') delete spec.clusterIPs;
    else spec.clusterIPs = [ip];
  }
}

const hasNodePorts = (spec: ServiceSpec): boolean =>
  spec.type === 'NodePort' || (spec.type === 'LoadBalancer' && spec.allocateLoadBalancerNodePorts !== false);

function assign(
  object: ApiObject,
  taken: Taken,
  { range, random, old }: { readonly range: IpRange; readonly random: Random; readonly old?: ServiceSpec },
): void {
  const spec = specOf(object);
  const problems: StatusCause[] = [];
  // What is not as it must be is validation's business, and so is an address instead of another one.
  const isFixed = old?.type !== 'ExternalName' && (old?.clusterIP ?? '') !== '';
  if (spec.type !== 'ExternalName' && !isFixed && spec.clusterIPs?.[0] === undefined) {
    const ip = (spec.clusterIP ?? '') === '' ? freeIp(taken, range, random) : (spec.clusterIP ?? '');
    Object.assign(spec, { clusterIP: ip, clusterIPs: [ip] });
  }
  const { clusterIP: ip = '' } = spec;
  if (spec.type !== 'ExternalName' && !isFixed && ip !== '' && ip !== HEADLESS && isIP(ip) !== 0)
    problems.push(...ipProblems(ip, taken, range));
  if (spec.type === 'ExternalName' && spec.clusterIP === '') delete spec.clusterIP;
  problems.push(...assignPorts(spec, taken, random));
  if (problems.length > 0) throw invalid({ group: '', kind: 'Service' }, shownName(object), problems);
}

function ipProblems(ip: string, taken: Taken, range: IpRange): readonly StatusCause[] {
  const refuse = (why: string): StatusCause[] => [
    invalidValue('spec.clusterIPs', [ip], `failed to allocate IP ${ip}: ${why}`),
  ];
  if (!range.has(ip)) {
    return refuse(`the provided IP (${ip}) is not in the valid range. The range of valid IPs is ${range.text}`);
  }
  return taken.ips.has(ip) ? refuse('provided IP is already allocated') : [];
}

function assignPorts(spec: ServiceSpec, taken: Taken, random: Random): readonly StatusCause[] {
  const problems: StatusCause[] = [];
  const own = new Set((spec.ports ?? []).flatMap(({ nodePort }) => nodePort ?? []));
  for (const [index, port] of (spec.ports ?? []).entries()) {
    const wanted = port.nodePort ?? 0;
    if (wanted !== 0) {
      const refuse = (why: string): unknown =>
        problems.push(invalidValue(`spec.ports[${index}].nodePort`, wanted, why));
      if (wanted < FIRST_NODE_PORT || wanted > LAST_NODE_PORT) {
        refuse(
          `provided port is not in the valid range. The range of valid ports is ${FIRST_NODE_PORT}-${LAST_NODE_PORT}`,
        );
      } else if (taken.ports.has(wanted)) refuse('provided port is already allocated');
    } else if (hasNodePorts(spec)) {
      const size = LAST_NODE_PORT - FIRST_NODE_PORT + 1;
      const found = firstFree(
        size,
        random,
        (at) => !taken.ports.has(FIRST_NODE_PORT + at) && !own.has(FIRST_NODE_PORT + at),
      );
      if (found === undefined) throw exhausted('node ports');
      port.nodePort = FIRST_NODE_PORT + found;
      own.add(port.nodePort);
    }
  }
  return problems;
}

function freeIp(taken: Taken, range: IpRange, random: Random): string {
  const found = firstFree(range.size, random, (at) => !taken.ips.has(range.at(at)));
  if (found === undefined) throw exhausted('cluster IPs');
  return range.at(found);
}

/** From a random place on: what was just given back is not given out again at once. */
function firstFree(size: number, random: Random, isFree: (index: number) => boolean): number | undefined {
  const start = Math.floor(random.next() * size);
  for (let step = 0; step < size; step += 1) {
    const index = (start + step) % size;
    if (isFree(index)) return index;
  }
  return undefined;
}

const exhausted = (what: string): StatusError =>
  new StatusError(
    'InternalError',
    `failed to allocate a service address: all ${what} are in use; delete services that are not needed`,
  );
