import { open, readFile } from 'node:fs/promises';
import type { ContainerInspectInfo } from 'dockerode';
import type { Logger } from '../../../shared/logger';
import { ENGINE_NETWORKS } from './engine-network';

const HOST_FILE = '/etc/resolv.conf';

/** On a network of their own the engine puts a resolver of its own before containers, which hides the one they were given. */
export const hasEnginesResolver = ({ HostConfig }: ContainerInspectInfo): boolean =>
  !ENGINE_NETWORKS.has(HostConfig.NetworkMode ?? 'default');

/**
 * Writes the sandbox's resolv.conf, which its containers share, as it was asked for. Where the engine's folder is not
 * this process's to write, the engine's resolver stays, which asks the same servers.
 */
export async function writeResolverFile(inspected: ContainerInspectInfo, logger: Logger): Promise<void> {
  const text = (await resolverText(inspected)) ?? '';
  if (text === '') return;
  try {
    await writeOver(inspected.ResolvConfPath, text);
  } catch (error) {
    logger.debug({ err: error, file: inspected.ResolvConfPath }, "a pod asks names through the engine's resolver");
  }
}

/** The file is the engine's: only one that is there is written over, and nothing of it is left. */
async function writeOver(path: string, text: string): Promise<void> {
  const file = await open(path, 'r+');
  try {
    await file.writeFile(text);
    await file.truncate(Buffer.byteLength(text));
  } finally {
    await file.close();
  }
}

/** Undefined: nothing better is known than what the engine wrote. */
async function resolverText({ HostConfig }: ContainerInspectInfo): Promise<string | undefined> {
  const { Dns = [], DnsSearch = [], DnsOptions = [] } = HostConfig as Partial<Record<string, string[] | null>>;
  if ((Dns ?? []).length === 0) return hostText();
  const searches = (DnsSearch ?? []).filter((search) => search !== '.');
  return [
    ...(Dns ?? []).map((server) => `nameserver ${server}`),
    ...(searches.length === 0 ? [] : [`search ${searches.join(' ')}`]),
    ...((DnsOptions ?? []).length === 0 ? [] : [`options ${(DnsOptions ?? []).join(' ')}`]),
    '',
  ].join('\n');
}

/** A server at the machine's own loopback is not reached from a pod. */
async function hostText(): Promise<string | undefined> {
  const lines = (await readFile(HOST_FILE, 'utf8').catch(() => '')).split('\n');
  const isServer = (line: string): boolean => /^\s*nameserver\s/.test(line);
  const kept = lines.filter((line) => !/^\s*nameserver\s+(127\.|::1)/.test(line));
  return kept.some(isServer) ? kept.join('\n') : undefined;
}
