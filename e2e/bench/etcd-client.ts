import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as grpc from '@grpc/grpc-js';
import * as protoLoader from '@grpc/proto-loader';
import { freePort } from '../harness/cluster';

/** The part of etcd's rpc.proto that a put needs. */
const PROTO = `syntax = "proto3"; package etcdserverpb;
service KV { rpc Put(PutRequest) returns (PutResponse) {} }
message PutRequest { bytes key = 1; bytes value = 2; }
message PutResponse { }`;

interface KvClient extends grpc.Client {
  Put(request: { key: Buffer; value: Buffer }, callback: (error: grpc.ServiceError | null) => void): void;
}

/** Debian's etcd on loopback with a data folder of its own, and puts over gRPC. */
export class Etcd {
  private constructor(
    private readonly client: KvClient,
    private readonly end: () => Promise<void>,
  ) {}

  /** Undefined where etcd is not installed. */
  static async start(): Promise<Etcd | undefined> {
    const folder = mkdtempSync(path.join(tmpdir(), 'pinsetter-etcd-'));
    const [clientPort, peerPort] = [await freePort(), await freePort()];
    const client = `http://127.0.0.1:${clientPort}`;
    const peer = `http://127.0.0.1:${peerPort}`;
    const child = spawn(
      'etcd',
      [
        ...['--data-dir', path.join(folder, 'data'), '--listen-client-urls', client, '--advertise-client-urls', client],
        ...[
          '--listen-peer-urls',
          peer,
          '--initial-advertise-peer-urls',
          peer,
          '--initial-cluster',
          `default=${peer}`,
          '--log-level',
          'error',
        ],
      ],
      { stdio: 'ignore' },
    );
    const started = await Promise.race([once(child, 'spawn').then(() => true), once(child, 'error').then(() => false)]);
    if (!started) return undefined;
    const file = path.join(folder, 'rpc.proto');
    writeFileSync(file, PROTO);
    const definition = grpc.loadPackageDefinition(protoLoader.loadSync(file)) as unknown as {
      etcdserverpb: { KV: new (address: string, credentials: grpc.ChannelCredentials) => KvClient };
    };
    const kv = new definition.etcdserverpb.KV(`127.0.0.1:${clientPort}`, grpc.credentials.createInsecure());
    await new Promise<void>((resolve, reject) =>
      kv.waitForReady(Date.now() + 20_000, (error) => (error ? reject(error) : resolve())),
    );
    return new Etcd(kv, async () => {
      kv.close();
      const ended = once(child, 'exit');
      child.kill();
      await ended;
      rmSync(folder, { recursive: true, force: true });
    });
  }

  put(key: string, value: Buffer): Promise<void> {
    return new Promise((resolve, reject) =>
      this.client.Put({ key: Buffer.from(key), value }, (error) => (error ? reject(error) : resolve())),
    );
  }

  stop(): Promise<void> {
    return this.end();
  }
}
