import { X509Certificate, createHash } from 'node:crypto';
import type { DetailedPeerCertificate } from 'node:tls';
import { connect } from 'node:tls';
import type { Clock } from '../../shared/clock';
import { StatusError } from '../../shared/status-error';
import { asDialError } from './dial-error';

/** Certificates a server may show before we stop looking. */
const MAX_CHAIN = 8;

/**
 * The CA whose certificate has the SHA-256 `pin`, in PEM, taken from what the server at `url` shows. Nothing is sent to
 * the server, and nothing it shows is trusted but a certificate that matches. Throws ServiceUnavailable when no server
 * answers, Forbidden when it is another one.
 */
export async function fetchPinnedCa(options: {
  readonly url: URL;
  readonly pin: string;
  readonly clock: Clock;
  readonly timeoutMs: number;
}): Promise<string> {
  const chain = await presentedChain(options);
  const pinned = chain.find((der) => createHash('sha256').update(der).digest('hex') === options.pin);
  if (pinned !== undefined) return new X509Certificate(pinned).toString();
  throw new StatusError(
    'Forbidden',
    `the server at ${options.url.host} is not the one the join token is for (its CA has another fingerprint). ` +
      'Check the address, or take a new token from that server',
  );
}

function presentedChain({
  url,
  clock,
  timeoutMs,
}: Pick<Parameters<typeof fetchPinnedCa>[0], 'url' | 'clock' | 'timeoutMs'>): Promise<readonly Buffer[]> {
  return new Promise((resolve, reject) => {
    const socket = connect({
      host: url.hostname.replace(/^\[|\]$/g, ''),
      port: Number(url.port === '' ? '443' : url.port),
      rejectUnauthorized: false,
    });
    const settle = (act: () => void): void => {
      cancel();
      socket.destroy();
      act();
    };
    const cancel = clock.setTimeout(
      () => settle(() => reject(asDialError(url, new Error(`no answer in ${timeoutMs / 1_000} s`)))),
      timeoutMs,
    );
    socket.on('error', (error) => settle(() => reject(asDialError(url, error))));
    socket.on('secureConnect', () => {
      const chain = chainOf(socket.getPeerCertificate(true));
      settle(() => resolve(chain));
    });
  });
}

function chainOf(leaf: DetailedPeerCertificate): readonly Buffer[] {
  const chain: Buffer[] = [];
  for (let next: DetailedPeerCertificate | undefined = leaf; next?.raw !== undefined && chain.length < MAX_CHAIN;) {
    chain.push(next.raw);
    next = next.issuerCertificate === next ? undefined : next.issuerCertificate;
  }
  return chain;
}
