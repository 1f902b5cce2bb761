import type { Clock } from '../../shared/clock';
import type { Logger } from '../../shared/logger';
import type { IngressChange } from '../../shared/wire/ingress';
import type { EventReport, Heartbeat } from '../../shared/wire/node-channel';
import type { AgentIngress } from '../agent/agent-options';
import type { ContainerId, Runtime } from '../runtime/runtime';
import { RuntimeError } from '../runtime/runtime';
import type { LeftOut } from './checked-plan';
import { NOTHING_LEFT_OUT, leaveOut, without } from './checked-plan';
import { IngressState } from './ingress-state';
import type { HostPorts, Port } from './ports';
import { portKey } from './ports';
import { RefusalEvents } from './refusal-events';
import type { ProxyContainer } from './proxy-container';
import { ProxyEnded } from './proxy-container';
import type { ProxyFolder } from './proxy-folder';
import type { ProxyPlan, Rendered } from './render-nginx';
import { renderNginx } from './render-nginx';
import { planSites } from './sites';

export interface IngressServerOptions {
  readonly runtime: Runtime;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly image: string;
  readonly httpPort: number;
  readonly httpsPort: number;
  readonly workers: number;
  readonly clusterDomain: string;
  /** The cluster's DNS; undefined while this node has no Services. */
  readonly resolver: () => string | undefined;
  readonly defaultCertificate: () => Promise<string>;
  readonly folder: ProxyFolder;
  readonly container: ProxyContainer;
  readonly ports: HostPorts;
  readonly reportEvent: (event: EventReport) => void;
}

/** What comes together is one reload. */
const GATHER_MS = 100;
/** A reload starts all workers anew: no more often than this. */
const RELOAD_PERIOD_MS = 1_000;
/** After a failure, and while the ports are somebody else's. */
const RETRY_MS = 10_000;
/** Right after its start a node may not have its addresses yet. */
const NO_SERVICES_RETRY_MS = 1_000;
const ENGINE_AWAY_MS = 5_000;
const LISTEN_TIMEOUT_MS = 15_000;
const LISTEN_POLL_MS = 50;
/** Rules that the proxy refuses are found one by one. */
const MAX_REFUSALS = 50;

type Condition = Heartbeat['conditions'][number];
export const INGRESS_CONDITION = 'IngressReady';

const condition = (status: 'True' | 'False', reason: string, message: string): Condition => ({
  type: INGRESS_CONDITION,
  status,
  reason,
  message,
});
export const NO_SERVICES = 'NoServices';
const NOTHING = condition('False', 'NothingToServe', 'there are no Ingresses and no plain ports to serve');

/** Why the node does not serve, for its condition. */
class CannotServe extends Error {
  override readonly name = 'CannotServe';
  constructor(
    readonly reason: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

const servedByOther = (cause?: unknown): CannotServe =>
  new CannotServe('ServedByOtherNode', 'another node on this machine serves Ingresses on the same ports', { cause });

interface Served {
  /** What the configuration that was used last was made of, to know when nothing is new. */
  readonly text: string;
  readonly files: ReadonlySet<string>;
}

/**
 * Keeps the node's proxy doing what Ingresses ask: runs it while there is something to serve, and tells it of changes, which
 * are tested first. Until the server has told what there is, a proxy of an earlier agent goes on as it is.
 */
export class IngressServer implements AgentIngress {
  readonly isServing = true;
  private readonly state = new IngressState();
  private readonly stopping = new AbortController();
  /** Undefined until it is known: what an earlier agent said stays. */
  private said: Condition | undefined;
  private isTold = false;
  private isDirty = false;
  private wake: () => void = () => undefined;
  private running: Promise<void> | undefined;
  private watched: ContainerId | undefined;
  private appliedAtMs = -RELOAD_PERIOD_MS;
  private cancelRetry: () => void = () => undefined;

  private readonly refusals: RefusalEvents;

  constructor(private readonly options: IngressServerOptions) {
    this.refusals = new RefusalEvents(options.reportEvent);
  }

  apply(change: IngressChange): void {
    this.state.apply(change);
    this.isTold = true;
    this.look();
  }

  conditions(): readonly Condition[] {
    return this.said === undefined ? [] : [this.said];
  }

  /** The proxy goes on. */
  async stop(): Promise<void> {
    this.stopping.abort(new Error('the agent stops'));
    this.cancelRetry();
    this.wake();
    await this.running;
  }

  private look(): void {
    if (!this.isTold || this.stopping.signal.aborted) return;
    this.isDirty = true;
    this.wake();
    this.running ??= this.run().finally(() => {
      this.running = undefined;
      if (this.isDirty) this.look();
    });
  }

  private async run(): Promise<void> {
    const { clock } = this.options;
    const { signal } = this.stopping;
    while (this.isDirty && !signal.aborted) {
      const sinceMs = clock.monotonic() - this.appliedAtMs;
      const waitMs = Math.max(GATHER_MS, RELOAD_PERIOD_MS - sinceMs);
      await clock.sleep(waitMs, signal).catch(() => undefined);
      if (signal.aborted) return;
      this.isDirty = false;
      await this.bringUp();
    }
  }

  private async bringUp(): Promise<void> {
    const { logger } = this.options;
    this.cancelRetry();
    try {
      this.say(this.state.isEmpty ? await this.serveNothing() : await this.serve());
    } catch (error) {
      if (this.stopping.signal.aborted) return;
      const { reason, message } = reasonOf(error);
      if (reason === 'Failed') logger.error({ err: error }, 'Ingresses are not served');
      this.say(condition('False', reason, message));
      this.retry(reason === NO_SERVICES ? NO_SERVICES_RETRY_MS : RETRY_MS);
    }
  }

  private retry(afterMs: number): void {
    this.cancelRetry();
    this.cancelRetry = this.options.clock.setTimeout(() => this.look(), afterMs);
  }

  /** A change is an Event of the node and a line in its log; the state itself is its condition. */
  private say(said: Condition): void {
    const { logger, reportEvent } = this.options;
    const before = this.said;
    this.said = said;
    if (before?.reason === said.reason && before.message === said.message) return;
    const { reason, message, status } = said;
    if (status === 'True' || reason === NOTHING.reason || reason === NO_SERVICES) {
      logger.info({ reason, what: message }, 'Ingresses');
      return;
    }
    logger.warn({ reason, what: message }, 'Ingresses are not served');
    reportEvent({ type: 'Warning', reason: `Ingress${reason}`, message });
  }

  private async serveNothing(): Promise<Condition> {
    await this.options.container.remove();
    await this.options.folder.remove();
    return NOTHING;
  }

  private async serve(): Promise<Condition> {
    const { folder, container, runtime, image, resolver } = this.options;
    if (resolver() === undefined)
      throw new CannotServe(NO_SERVICES, 'this node has no Services, which Ingresses lead to');
    if ((await runtime.inspectImage(image)) === undefined)
      await runtime.pullImage(image, { signal: this.stopping.signal });
    await folder.prepare();
    const runs = await container.running();
    const before = (await folder.current()) ?? '';
    const listening = runs === undefined ? new Set<string>() : listenedBy(before);
    const { plan, problems } = await this.withFreePorts(this.plan(), listening);
    if (plan.sites.length === 0 && plan.streams.length === 0) {
      if (await container.isAnothers()) throw servedByOther();
      throw new CannotServe('PortInUse', problems.join('; '));
    }
    const id = runs ?? (await this.start());
    this.watch(id);
    const hasPortProblems = problems.length > 0;
    const wanted = await this.configure(id, plan, { before, problems });
    if (wanted.text !== before || runs === undefined) {
      await folder.accept();
      await container.reload(id);
      this.appliedAtMs = this.options.clock.monotonic();
    }
    await this.untilListening(plan);
    await folder.forgetOthers(wanted.files);
    // A port may be given back.
    if (hasPortProblems) this.retry(RETRY_MS);
    return this.servingCondition(plan, problems);
  }

  private async start(): Promise<ContainerId> {
    try {
      // It begins with nothing: what it is to serve is tested in it.
      await this.options.folder.reset();
      return await this.options.container.start();
    } catch (error) {
      if (error instanceof RuntimeError && error.kind === 'AlreadyExists') throw servedByOther(error);
      throw error;
    }
  }

  private plan(): ProxyPlan {
    const { ingresses, certificates, streams } = this.state;
    return { sites: planSites(ingresses, new Set(certificates.keys())), streams };
  }

  /** The plan without ports that others have. */
  private async withFreePorts(
    plan: ProxyPlan,
    listening: ReadonlySet<string>,
  ): Promise<{ readonly plan: ProxyPlan; readonly problems: string[] }> {
    const { httpPort, httpsPort, ports } = this.options;
    const problems: string[] = [];
    const isOurs = async (port: Port): Promise<boolean> => {
      if (listening.has(portKey(port)) || (await ports.isFree(port))) return true;
      problems.push(`${port.protocol} port ${port.port} is in use by another program of this machine`);
      return false;
    };
    const web = [httpPort, httpsPort].map((port) => ({ protocol: 'TCP', port }) as const);
    const hasSites = plan.sites.length > 0 && (await Promise.all(web.map(isOurs))).every(Boolean);
    const streams = [];
    for (const stream of plan.streams) {
      const isWeb = stream.protocol === 'TCP' && web.some(({ port }) => port === stream.port);
      if (isWeb) problems.push(`TCP port ${stream.port} is that of Ingresses`);
      else if (await isOurs(stream)) streams.push(stream);
    }
    return { plan: { sites: hasSites ? plan.sites : [], streams }, problems };
  }

  /** Writes what the proxy takes of the plan, as its next configuration; what it does not is added to the problems. */
  private async configure(
    id: ContainerId,
    plan: ProxyPlan,
    { before, problems }: { readonly before: string; readonly problems: string[] },
  ): Promise<Served> {
    const { folder, container } = this.options;
    let leftOut = NOTHING_LEFT_OUT;
    for (let refusals = 0; ; refusals += 1) {
      const { rendered, secretOf, files } = await this.render(without(plan, leftOut), leftOut);
      const file = await folder.propose(rendered.text);
      // What is in use has been tested.
      const complaint = rendered.text === before ? undefined : await container.test(id, file);
      if (complaint === undefined) {
        for (const [what, why] of [...leftOut.owners, ...leftOut.secrets]) problems.push(`${what} is left out: ${why}`);
        this.refusals.tell(leftOut, plan);
        return { text: rendered.text, files };
      }
      const next = refusals < MAX_REFUSALS ? leaveOut(leftOut, complaint, { rendered, secretOf }) : undefined;
      if (next === undefined)
        throw new CannotServe('InvalidConfiguration', `nginx refuses its configuration: ${complaint}`);
      leftOut = next;
    }
  }

  private async render(plan: ProxyPlan, { secrets: refused }: LeftOut) {
    const { folder, resolver, defaultCertificate } = this.options;
    const fileOfDefault = await folder.keep(await defaultCertificate());
    const fileOf = new Map<string, string>();
    for (const { secret } of plan.sites) {
      const found = secret === undefined || refused.has(secret) ? undefined : this.state.certificates.get(secret);
      if (found !== undefined) fileOf.set(found.secret, await folder.keep(`${found.certificate}\n${found.key}`));
    }
    const dns = resolver();
    const rendered: Rendered = renderNginx(plan, {
      ...this.options,
      resolver: dns,
      certificateFile: (secret) => fileOf.get(secret ?? '') ?? fileOfDefault,
    });
    const secretOf = (file: string): string | undefined => [...fileOf].find(([, each]) => each.endsWith(file))?.[0];
    return { rendered, secretOf, files: new Set([fileOfDefault, ...fileOf.values()]) };
  }

  /** Resolves when connections are taken on every port. */
  private async untilListening({ sites, streams }: ProxyPlan): Promise<void> {
    const { httpPort, httpsPort, ports, clock } = this.options;
    const tcp = streams.filter(({ protocol }) => protocol === 'TCP').map(({ port }) => port);
    const deadlineMs = clock.monotonic() + LISTEN_TIMEOUT_MS;
    for (const port of [...(sites.length > 0 ? [httpPort, httpsPort] : []), ...tcp])
      while (!(await ports.accepts(port))) {
        if (clock.monotonic() > deadlineMs)
          throw new CannotServe(
            'NotListening',
            `nginx does not listen on port ${port}: see docker logs of its container`,
          );
        await clock.sleep(LISTEN_POLL_MS, this.stopping.signal);
      }
  }

  private servingCondition({ sites, streams }: ProxyPlan, problems: readonly string[]): Condition {
    const { httpPort, httpsPort } = this.options;
    const names = sites.filter(({ host }) => host !== '').length;
    const parts = [
      ...(sites.length > 0 ? [`${names} ${names === 1 ? 'host' : 'hosts'} on ports ${httpPort} and ${httpsPort}`] : []),
      ...streams.map(portKey),
    ];
    const text = `nginx serves ${parts.join(', ')}`;
    if (problems.length === 0) return condition('True', 'Serving', text);
    const isWhole = sites.length > 0 || this.state.ingresses.length === 0;
    return condition(
      isWhole ? 'True' : 'False',
      isWhole ? 'ServingInPart' : 'PortInUse',
      [text, ...problems].join('; '),
    );
  }

  /** Looks again when the container ends. */
  private watch(id: ContainerId): void {
    if (this.watched === id) return;
    this.watched = id;
    const { signal } = this.stopping;
    this.options.runtime.untilEnded(id, signal).then(
      () => this.lost(id, 0),
      () => this.lost(id, ENGINE_AWAY_MS),
    );
  }

  private lost(id: ContainerId, afterMs: number): void {
    if (this.stopping.signal.aborted || this.watched !== id) return;
    this.watched = undefined;
    if (!this.state.isEmpty) this.retry(afterMs);
  }
}

/** The ports of a configuration that this program wrote. */
function listenedBy(configuration: string): ReadonlySet<string> {
  const listens = configuration.matchAll(/^\s*listen (\d+)( udp)?/gm);
  return new Set([...listens].map(([, port, udp]) => `${udp === undefined ? 'TCP' : 'UDP'}/${port}`));
}

function reasonOf(error: unknown): { readonly reason: string; readonly message: string } {
  if (error instanceof CannotServe) return error;
  if (error instanceof ProxyEnded) return { reason: error.name, message: error.message };
  if (error instanceof RuntimeError) return { reason: error.kind, message: error.message };
  return { reason: 'Failed', message: error instanceof Error ? error.message : String(error) };
}
