import type { Socket as DatagramSocket } from 'node:dgram';
import { createSocket } from 'node:dgram';
import net from 'node:net';
import type { Answer, DecodedPacket, Packet, Question } from 'dns-packet';
import {
  AUTHORITATIVE_ANSWER,
  RECURSION_AVAILABLE,
  RECURSION_DESIRED,
  TRUNCATED_RESPONSE,
  decode,
  encode,
} from 'dns-packet';
import type { Logger } from '../../../shared/logger';
import type { ClusterNames } from './cluster-names';
import type { Upstream } from './upstream';

/** What a client takes that does not say (RFC 1035), and what is sent at most in one datagram. */
const PLAIN_BYTES = 512;
const MOST_BYTES = 1_232;
const IDLE_MS = 10_000;
const RCODES = { NOERROR: 0, FORMERR: 1, SERVFAIL: 2, NXDOMAIN: 3, NOTIMP: 4 } as const;

export interface DnsServerOptions {
  readonly names: ClusterNames;
  readonly upstream: Upstream;
  readonly logger: Logger;
}

interface Reply {
  readonly rcode: number;
  readonly flags: number;
  readonly answers: readonly Answer[];
  readonly authorities: readonly Answer[];
}

/** The resolver of a node's pods: the cluster's names from memory, all others from the host's own resolvers. UDP and TCP. */
export class DnsServer {
  private datagrams: DatagramSocket | undefined;
  private streams: net.Server | undefined;
  private readonly open = new Set<net.Socket>();

  constructor(private readonly options: DnsServerOptions) {}

  /** Resolves with the port, the same for both protocols. */
  async start(address: string, port = 0): Promise<number> {
    const streams = net.createServer((socket) => this.serve(socket));
    await new Promise<void>((resolve, reject) => {
      streams.once('error', reject);
      streams.listen(port, address, resolve);
    });
    this.streams = streams;
    const bound = (streams.address() as net.AddressInfo).port;
    const datagrams = createSocket('udp4');
    await new Promise<void>((resolve, reject) => {
      datagrams.once('error', reject);
      datagrams.bind(bound, address, resolve);
    });
    datagrams.on('error', (error) => this.options.logger.warn({ err: error }, 'a DNS answer could not be sent'));
    datagrams.on('message', (bytes, from) => {
      void this.respond(bytes, true).then((answer) => {
        if (answer !== undefined && this.datagrams !== undefined) datagrams.send(answer, from.port, from.address);
      });
    });
    this.datagrams = datagrams;
    return bound;
  }

  async stop(): Promise<void> {
    const { datagrams, streams } = this;
    [this.datagrams, this.streams] = [undefined, undefined];
    for (const socket of this.open) socket.destroy();
    await Promise.all([
      datagrams === undefined ? undefined : new Promise<void>((resolve) => datagrams.close(() => resolve())),
      streams === undefined ? undefined : new Promise<void>((resolve) => streams.close(() => resolve())),
    ]);
  }

  private serve(socket: net.Socket): void {
    let waiting = Buffer.alloc(0);
    this.open.add(socket);
    socket.setTimeout(IDLE_MS, () => socket.destroy());
    socket.on('error', () => socket.destroy());
    socket.once('close', () => this.open.delete(socket));
    socket.on('data', (bytes: Buffer) => {
      waiting = Buffer.concat([waiting, bytes]);
      while (waiting.length >= 2 && waiting.length >= 2 + waiting.readUInt16BE(0)) {
        const length = waiting.readUInt16BE(0);
        const message = waiting.subarray(2, 2 + length);
        waiting = waiting.subarray(2 + length);
        void this.respond(message, false).then((answer) => {
          if (answer === undefined || socket.destroyed) return;
          const size = Buffer.alloc(2);
          size.writeUInt16BE(answer.length);
          socket.write(Buffer.concat([size, answer]));
        });
      }
    });
  }

  /** Undefined: nothing that could be answered. */
  private async respond(bytes: Buffer, isDatagram: boolean): Promise<Buffer | undefined> {
    const query = decodeQuery(bytes);
    if (query === undefined) return undefined;
    const reply = await this.answer(query).catch((error: unknown) => {
      this.options.logger.warn({ err: error }, 'a DNS question could not be answered');
      return { rcode: RCODES.SERVFAIL, flags: 0, answers: [], authorities: [] };
    });
    const limit = isDatagram ? datagramLimit(query) : Number.POSITIVE_INFINITY;
    const whole = encode(packetOf(query, reply));
    if (whole.length <= limit) return whole;
    return encode(packetOf(query, { ...reply, flags: reply.flags | TRUNCATED_RESPONSE, answers: [], authorities: [] }));
  }

  private async answer(query: DecodedPacket): Promise<Reply> {
    const [question] = query.questions ?? [];
    const none = { flags: 0, answers: [], authorities: [] };
    if (question === undefined || query.questions?.length !== 1) return { rcode: RCODES.FORMERR, ...none };
    const found = this.options.names.find(question.name, question.type);
    if (found === undefined) return this.forward(question);
    const { elsewhere } = found;
    const answers = [...found.answers];
    if (elsewhere !== undefined) {
      const next = { ...question, name: elsewhere };
      const inside = this.options.names.find(elsewhere, question.type);
      const outside = inside ?? (await this.options.upstream.ask(next));
      answers.push(...(outside?.answers ?? []));
    }
    return {
      rcode: RCODES[found.rcode],
      flags: AUTHORITATIVE_ANSWER,
      answers: shuffled(answers, query.id ?? 0),
      authorities: found.authorities,
    };
  }

  private async forward(question: Question): Promise<Reply> {
    const answer = await this.options.upstream.ask(question);
    if (answer === undefined) return { rcode: RCODES.SERVFAIL, flags: 0, answers: [], authorities: [] };
    return {
      // The low bits of the flags: how it went.
      rcode: (answer.flags ?? 0) & 0xf,
      flags: 0,
      answers: answer.answers ?? [],
      authorities: answer.authorities ?? [],
    };
  }
}

function decodeQuery(bytes: Buffer): DecodedPacket | undefined {
  try {
    const query = decode(bytes);
    return query.type === 'query' ? query : undefined;
  } catch {
    return undefined;
  }
}

const ednsOf = ({ additionals = [] }: DecodedPacket) => additionals.find((each) => each.type === 'OPT');

function datagramLimit(query: DecodedPacket): number {
  const edns = ednsOf(query);
  const offered = edns !== undefined && 'udpPayloadSize' in edns ? edns.udpPayloadSize : PLAIN_BYTES;
  return Math.min(MOST_BYTES, Math.max(PLAIN_BYTES, offered));
}

function packetOf(query: DecodedPacket, { rcode, flags, answers, authorities }: Reply): Packet {
  const asked = (query.flags ?? 0) & RECURSION_DESIRED;
  const edns: Answer[] =
    ednsOf(query) === undefined
      ? []
      : [
          {
            type: 'OPT',
            name: '.',
            udpPayloadSize: MOST_BYTES,
            extendedRcode: 0,
            ednsVersion: 0,
            flags: 0,
            flag_do: false,
            options: [],
          },
        ];
  return {
    type: 'response',
    id: query.id ?? 0,
    flags: asked | RECURSION_AVAILABLE | flags | rcode,
    questions: query.questions ?? [],
    answers: [...answers],
    authorities: [...authorities],
    additionals: edns,
  };
}

/** Clients take the first: each begins with another. An alias stays ahead of what it leads to. */
function shuffled(answers: readonly Answer[], turn: number): readonly Answer[] {
  if (answers.some(({ type }) => type === 'CNAME') || answers.length < 2) return answers;
  const first = turn % answers.length;
  return [...answers.slice(first), ...answers.slice(0, first)];
}
