import type { Container, LifecycleHandler, Probe } from '../../shared/api/objects';
import type { ContainerId, Runtime } from '../runtime/runtime';
import { checkExec } from './exec-check';
import { checkGrpc } from './grpc-check';
import type { CheckResult, HttpTarget } from './http-check';
import { checkHttp } from './http-check';
import { checkTcp } from './tcp-check';

export interface ProbeTarget {
  readonly id: ContainerId;
  readonly container: Container;
  /** Where its ports answer: the pod's address, or the node's with hostNetwork. */
  readonly address: string;
}

/** Carries out one probe or hook against a container. Rejects only when it could not be tried at all. */
export interface Prober {
  check(target: ProbeTarget, how: Probe | LifecycleHandler, signal: AbortSignal): Promise<CheckResult>;
}

export const createProber = (runtime: Pick<Runtime, 'exec'>): Prober => ({
  async check(target, how, signal) {
    if (how.exec !== undefined) return checkExec(runtime, { id: target.id, command: how.exec.command ?? [] }, signal);
    if (how.httpGet !== undefined) return checkHttp(httpTarget(target, how.httpGet), signal);
    if (how.tcpSocket !== undefined) {
      const port = portOf(target.container, how.tcpSocket.port);
      return checkTcp({ host: how.tcpSocket.host || target.address, port }, signal);
    }
    if ('grpc' in how && how.grpc !== undefined) {
      const { port, service = '' } = how.grpc;
      return checkGrpc({ host: target.address, port, service }, signal);
    }
    return { ok: true, message: '' };
  },
});

function httpTarget(target: ProbeTarget, action: NonNullable<Probe['httpGet']>): HttpTarget {
  return {
    scheme: action.scheme?.toUpperCase() === 'HTTPS' ? 'https' : 'http',
    host: action.host || target.address,
    port: portOf(target.container, action.port),
    path: action.path ?? '/',
    headers: action.httpHeaders ?? [],
  };
}

/** A port by number or by the name it has in its container. */
export function portOf(container: Container, port: number | string): number {
  if (typeof port === 'number') return port;
  const named = (container.ports ?? []).find(({ name }) => name === port)?.containerPort;
  const number = named ?? Number(port);
  if (!Number.isInteger(number) || number < 1 || number > 65_535)
    throw new Error(`couldn't find port: "${port}" in container ${container.name}`);
  return number;
}
