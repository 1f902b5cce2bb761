import { createSocket } from 'node:dgram';
import net from 'node:net';
import type { DecodedPacket, Question } from 'dns-packet';
import { decode, encode, streamEncode } from 'dns-packet';
import type { Clock } from '../../../shared/clock';
import type { Random } from '../../../shared/random';

const ANSWER_TIMEOUT_MS = 2_000;
const MAX_KEPT = 10_000;
const LONGEST_KEPT_MS = 30_000;
const DNS_PORT = 53;
/** SERVFAIL and REFUSED: another resolver may know. */
const UNHELPFUL: readonly number[] = [2, 5];

export interface Resolver {
  readonly address: string;
  readonly port?: number;
}

interface Kept {
  readonly answer: DecodedPacket;
  readonly atMs: number;
  readonly untilMs: number;
}

/** Asks the resolvers of the host, and keeps what they say as long as they allow, at most half a minute. */
export class Upstream {
  private readonly kept = new Map<string, Kept>();

  constructor(
    private readonly options: {
      readonly resolvers: readonly Resolver[];
      readonly clock: Clock;
      readonly random: Random;
    },
  ) {}

  /** Undefined where none of them answers. */
  async ask(question: Question): Promise<DecodedPacket | undefined> {
    const key = `${question.name.toLowerCase()}/${question.type}`;
    const nowMs = this.options.clock.now();
    const known = this.kept.get(key);
    if (known !== undefined && known.untilMs > nowMs) return aged(known, nowMs);
    for (const resolver of this.options.resolvers) {
      const answer = await this.askOne(resolver, question);
      if (answer === undefined || UNHELPFUL.includes(answer.flags === undefined ? 0 : answer.flags & 0xf)) continue;
      this.keep(key, answer, nowMs);
      return answer;
    }
    return undefined;
  }

  private async askOne(resolver: Resolver, question: Question): Promise<DecodedPacket | undefined> {
    const query = {
      type: 'query' as const,
      id: Math.floor(this.options.random.next() * 65_536),
      flags: 0x100,
      questions: [question],
    };
    const isAnswer = (packet: DecodedPacket): boolean =>
      packet.id === query.id && packet.questions?.[0]?.name.toLowerCase() === question.name.toLowerCase();
    const answer = await this.byDatagram(resolver, encode(query), isAnswer);
    return answer?.flag_tc === true ? this.byStream(resolver, streamEncode(query)) : answer;
  }

  private byDatagram(
    { address, port = DNS_PORT }: Resolver,
    query: Buffer,
    isAnswer: (packet: DecodedPacket) => boolean,
  ): Promise<DecodedPacket | undefined> {
    return new Promise((resolve) => {
      const socket = createSocket(net.isIPv6(address) ? 'udp6' : 'udp4');
      const settle = (answer?: DecodedPacket): void => {
        cancel();
        socket.removeAllListeners('error').on('error', () => undefined);
        socket.close(() => resolve(answer));
      };
      const cancel = this.options.clock.setTimeout(settle, ANSWER_TIMEOUT_MS);
      socket.once('error', () => settle());
      socket.on('message', (bytes) => {
        const packet = decoded(() => decode(bytes));
        if (packet !== undefined && isAnswer(packet)) settle(packet);
      });
      socket.send(query, port, address);
    });
  }

  private byStream({ address, port = DNS_PORT }: Resolver, query: Buffer): Promise<DecodedPacket | undefined> {
    return new Promise((resolve) => {
      const socket = net.connect({ host: address, port });
      const chunks: Buffer[] = [];
      const cancel = this.options.clock.setTimeout(() => socket.destroy(), ANSWER_TIMEOUT_MS);
      socket.on('error', () => undefined);
      socket.on('data', (bytes: Buffer) => {
        chunks.push(bytes);
        const all = Buffer.concat(chunks);
        if (all.length > 2 && all.length >= 2 + all.readUInt16BE(0)) socket.end();
      });
      socket.once('close', () => {
        cancel();
        resolve(decoded(() => decode(Buffer.concat(chunks).subarray(2))));
      });
      socket.end(query);
    });
  }

  private keep(key: string, answer: DecodedPacket, atMs: number): void {
    const ttls = [...(answer.answers ?? []), ...(answer.authorities ?? [])].map(ttlOf);
    if (ttls.length === 0) return;
    const untilMs = atMs + Math.min(LONGEST_KEPT_MS, Math.min(...ttls) * 1_000);
    const [oldest] = this.kept.keys();
    if (this.kept.size >= MAX_KEPT && oldest !== undefined) this.kept.delete(oldest);
    this.kept.set(key, { answer, atMs, untilMs });
  }
}

const ttlOf = (answer: object): number => ('ttl' in answer && typeof answer.ttl === 'number' ? answer.ttl : 0);

/** With as much less time to live as has passed since. */
function aged({ answer, atMs }: Kept, nowMs: number): DecodedPacket {
  const passed = Math.floor((nowMs - atMs) / 1_000);
  const answers = (answer.answers ?? []).map((each) => ({ ...each, ttl: Math.max(0, ttlOf(each) - passed) }));
  return { ...answer, answers: answers as NonNullable<DecodedPacket['answers']> };
}

/** Undefined: not a message. */
function decoded(read: () => DecodedPacket): DecodedPacket | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
