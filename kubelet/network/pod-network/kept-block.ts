import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { asName, asRecord } from '../../../shared/wire/parse-value';

/** What a node was given, kept so that a restart does not need the server, and so that it can be taken back. */
export interface KeptBlock {
  readonly podCidr: string;
  readonly clusterCidr: string;
  readonly clusterId: string;
}

const fileIn = (dataDir: string): string => path.join(dataDir, 'pod-network.json');

/** Undefined where nothing is kept, or nothing that can be read. */
export async function readKeptBlock(dataDir: string): Promise<KeptBlock | undefined> {
  try {
    const kept = asRecord(JSON.parse(await readFile(fileIn(dataDir), 'utf8')) as unknown, 'pod-network.json');
    return {
      podCidr: asName(kept['podCidr'], 'podCidr'),
      clusterCidr: asName(kept['clusterCidr'], 'clusterCidr'),
      clusterId: asName(kept['clusterId'], 'clusterId'),
    };
  } catch {
    return undefined;
  }
}

export async function keepBlock(dataDir: string, kept: KeptBlock): Promise<void> {
  await mkdir(dataDir, { recursive: true });
  await writeFile(fileIn(dataDir), `${JSON.stringify(kept)}\n`, { mode: 0o600 });
}
