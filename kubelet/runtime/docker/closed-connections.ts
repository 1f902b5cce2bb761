import { readFile, writeFile } from 'node:fs/promises';

const FILE = '/proc/sys/net/netfilter/nf_conntrack_tcp_timeout_time_wait';
/** By default 120. */
const SECONDS = 5;

/**
 * Has the kernel remember closed connections for a short while only. The engine forgets all connections to a container that
 * goes whose interface it made, one after the other, by their addresses and ports: one that was opened anew meanwhile from
 * the port of a closed one would be forgotten with it, though it leads to another container. A client has gone through
 * its ports once by 1,500 connections.
 */
export async function forgetClosedSoon(): Promise<void> {
  // Where the kernel does not follow connections yet there is no such file, and nothing to forget.
  const seconds = await readFile(FILE, 'utf8').catch(() => '0');
  if (Number(seconds) > SECONDS) await writeFile(FILE, String(SECONDS));
}
