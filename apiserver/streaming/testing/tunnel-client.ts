import { randomBytes } from 'node:crypto';
import http from 'node:http';
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';

const BINARY = 0x82;
const OPCODE = 0x0f;

/**
 * The client's end of a tunnel, by hand: `ws` refuses to ask for the subprotocol that kubectl tunnels SPDY under, since it
 * holds a "/". Each write is one masked binary message; what binary messages hold is read.
 */
export function openTunnel(
  port: number,
  path: string,
  protocol: string,
): Promise<{ tunnel: Duplex; answered: string }> {
  const request = http.request({
    port,
    host: '127.0.0.1',
    path,
    headers: {
      Connection: 'Upgrade',
      Upgrade: 'websocket',
      'Sec-WebSocket-Version': '13',
      'Sec-WebSocket-Key': randomBytes(16).toString('base64'),
      'Sec-WebSocket-Protocol': protocol,
    },
  });
  request.end();
  return new Promise((resolve, reject) => {
    request.once('error', reject);
    request.once('response', (response) => reject(new Error(`refused: ${response.statusCode}`)));
    request.once('upgrade', (response, socket: Socket, head) => {
      if (head.length > 0) socket.unshift(head);
      resolve({ tunnel: tunnelOn(socket), answered: String(response.headers['sec-websocket-protocol']) });
    });
  });
}

function tunnelOn(socket: Socket): Duplex {
  let pending = Buffer.alloc(0);
  const tunnel = new Duplex({
    read: () => void socket.resume(),
    write: (chunk: Buffer, _encoding, done) => void socket.write(masked(chunk), () => done()),
    destroy: (error, done) => {
      socket.destroy();
      done(error);
    },
  });
  socket.on('error', () => undefined);
  socket.on('close', () => tunnel.destroy());
  socket.on('data', (chunk: Buffer) => {
    pending = Buffer.concat([pending, chunk]);
    for (let message = takeMessage(pending); message !== undefined; message = takeMessage(pending)) {
      pending = Buffer.from(pending.subarray(message.size));
      if ((message.opcode === 1 || message.opcode === 2 || message.opcode === 0) && !tunnel.push(message.data))
        socket.pause();
    }
  });
  return tunnel;
}

function masked(data: Buffer): Buffer {
  const mask = randomBytes(4);
  const head = Buffer.alloc(10);
  head[0] = BINARY;
  head[1] = 0x80 | 127;
  head.writeBigUInt64BE(BigInt(data.length), 2);
  return Buffer.concat([head, mask, data.map((byte, index) => byte ^ (mask[index % 4] ?? 0))]);
}

function takeMessage(bytes: Buffer): { opcode: number; data: Buffer; size: number } | undefined {
  if (bytes.length < 10 && bytes.length < 2 + ((bytes[1] ?? 0) & 0x7f)) return undefined;
  const short = (bytes[1] ?? 0) & 0x7f;
  const [at, length] =
    short === 127 ? [10, Number(bytes.readBigUInt64BE(2))] : short === 126 ? [4, bytes.readUInt16BE(2)] : [2, short];
  if (bytes.length < at + length) return undefined;
  return { opcode: (bytes[0] ?? 0) & OPCODE, data: bytes.subarray(at, at + length), size: at + length };
}
