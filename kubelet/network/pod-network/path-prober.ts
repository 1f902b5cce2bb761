import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:dgram';
import { createSocket } from 'node:dgram';
import type { Clock } from '../../../shared/clock';
import type { Backend } from '../../../shared/wire/pod-network';

const PORT = 8_473;
const MAGIC = Buffer.from('pnsp');
const ASK = 1;
const ANSWER = 2;
const NONCE_BYTES = 12;
const LENGTH = MAGIC.length + 1 + NONCE_BYTES;

export interface PathProberOptions {
  readonly clock: Clock;
  /** Whether that is a node's end of that way: nobody else is answered. */
  readonly isPeer: (backend: Backend, address: string) => boolean;
}

/** Asks peers at their end of a way, from this node's end of it, and answers those that ask. */
export class PathProber {
  private readonly sockets = new Map<Backend, Socket>();
  private readonly waiting = new Map<string, () => void>();

  constructor(private readonly options: PathProberOptions) {}

  /** Listens at the node's end of a way, which must be there. Rejects where it cannot. Idempotent. */
  open(backend: Backend, address: string): Promise<void> {
    const present = this.sockets.get(backend);
    if (present !== undefined) {
      if (present.address().address === address) return Promise.resolve();
      this.close(backend);
    }
    const socket = createSocket({ type: 'udp4' });
    socket.on('message', (message, sender) => this.onMessage(backend, socket, message, sender));
    return new Promise((resolve, reject) => {
      socket.once('error', reject);
      socket.bind(PORT, address, () => {
        socket.off('error', reject);
        // What cannot be sent is not answered, which says enough.
        socket.on('error', () => undefined);
        this.sockets.set(backend, socket);
        resolve();
      });
    });
  }

  close(backend: Backend): void {
    this.sockets.get(backend)?.close();
    this.sockets.delete(backend);
  }

  stop(): void {
    for (const backend of [...this.sockets.keys()]) this.close(backend);
  }

  /** Milliseconds there and back; undefined where no answer came in time. */
  async ask(backend: Backend, address: string, timeoutMs: number): Promise<number | undefined> {
    const socket = this.sockets.get(backend);
    if (socket === undefined) return undefined;
    const nonce = randomBytes(NONCE_BYTES);
    const key = keyOf(backend, address, nonce);
    const { clock } = this.options;
    const startedMs = clock.monotonic();
    return new Promise((resolve) => {
      const settle = (tookMs: number | undefined): void => {
        cancel();
        this.waiting.delete(key);
        resolve(tookMs);
      };
      const cancel = clock.setTimeout(() => settle(undefined), timeoutMs);
      this.waiting.set(key, () => settle(clock.monotonic() - startedMs));
      socket.send(Buffer.concat([MAGIC, Buffer.of(ASK), nonce]), PORT, address, () => undefined);
    });
  }

  private onMessage(
    backend: Backend,
    socket: Socket,
    message: Buffer,
    sender: { readonly address: string; readonly port: number },
  ): void {
    if (message.length !== LENGTH || !message.subarray(0, MAGIC.length).equals(MAGIC)) return;
    const type = message[MAGIC.length];
    const nonce = message.subarray(MAGIC.length + 1);
    if (type === ANSWER) this.waiting.get(keyOf(backend, sender.address, nonce))?.();
    if (type !== ASK || !this.options.isPeer(backend, sender.address)) return;
    socket.send(Buffer.concat([MAGIC, Buffer.of(ANSWER), nonce]), sender.port, sender.address, () => undefined);
  }
}

const keyOf = (backend: Backend, address: string, nonce: Buffer): string =>
  `${backend} ${address} ${nonce.toString('hex')}`;
