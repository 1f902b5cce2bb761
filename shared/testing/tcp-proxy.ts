import type { AddressInfo, Server, Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import { systemClock } from '../clock';

/** A TCP proxy on loopback that a test puts between two parts to make the network fail: silent, slow, or cut. */
export interface TcpProxy {
  readonly port: number;
  /** Connections standing now. */
  readonly connections: number;
  /** Nothing passes either way any more, and nothing is lost: the peer looks frozen. New connections are taken and hang. */
  suspend(): void;
  /** Passes on what waited, and all that follows. */
  resume(): void;
  /** Every byte arrives this much later. */
  delay(delayMs: number): void;
  /** Resets every connection; new ones are let through. */
  cut(): void;
  /** Resets every connection and refuses new ones until `restore`. */
  refuse(): void;
  restore(): void;
  close(): Promise<void>;
}

export async function createTcpProxy(target: { readonly host: string; readonly port: number }): Promise<TcpProxy> {
  const proxy = new LoopbackProxy(target);
  await proxy.listen();
  return proxy;
}

class LoopbackProxy implements TcpProxy {
  private readonly server: Server;
  private readonly pairs = new Set<readonly [Socket, Socket]>();
  private isSuspended = false;
  private isRefusing = false;
  private delayMs = 0;

  constructor(private readonly target: { readonly host: string; readonly port: number }) {
    this.server = createServer({ allowHalfOpen: true }, (inner) => this.onConnection(inner));
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get connections(): number {
    return this.pairs.size;
  }

  listen(): Promise<void> {
    return new Promise((resolve) => this.server.listen(0, '127.0.0.1', resolve));
  }

  suspend(): void {
    this.isSuspended = true;
    for (const socket of [...this.pairs].flat()) socket.pause();
  }

  resume(): void {
    this.isSuspended = false;
    for (const socket of [...this.pairs].flat()) socket.resume();
  }

  delay(delayMs: number): void {
    this.delayMs = delayMs;
  }

  cut(): void {
    for (const socket of [...this.pairs].flat()) reset(socket);
  }

  refuse(): void {
    this.isRefusing = true;
    this.cut();
  }

  restore(): void {
    this.isRefusing = false;
  }

  close(): Promise<void> {
    this.cut();
    return new Promise((resolve) => this.server.close(() => resolve()));
  }

  private onConnection(inner: Socket): void {
    if (this.isRefusing) return reset(inner);
    const outer = connect({ ...this.target, allowHalfOpen: true });
    const pair = [inner, outer] as const;
    this.pairs.add(pair);
    this.pass(inner, outer);
    this.pass(outer, inner);
    for (const socket of pair) {
      socket.on('error', () => undefined);
      socket.on('close', () => {
        this.pairs.delete(pair);
        inner.destroy();
        outer.destroy();
      });
    }
  }

  private pass(from: Socket, to: Socket): void {
    from.setNoDelay(true);
    from.on('data', (chunk) => {
      this.later(() => {
        if (to.write(chunk) || this.isSuspended) return;
        from.pause();
        to.once('drain', () => {
          if (!this.isSuspended) from.resume();
        });
      });
    });
    from.on('end', () => this.later(() => to.end()));
    if (this.isSuspended) from.pause();
  }

  private later(act: () => void): void {
    if (this.delayMs === 0) act();
    else systemClock.setTimeout(act, this.delayMs);
  }
}

/** Node leaves the handle of a socket open that is reset while it is shutting down: such a one is closed instead. */
function reset(socket: Socket): void {
  if (socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
}
