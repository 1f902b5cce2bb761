/** How a node is dialled, and what of the pod network is behind it. */
export interface WireguardPeer {
  /** Base64. */
  readonly publicKey: string;
  /** `192.0.2.2:51820`; absent: its address is not known, it dials. */
  readonly endpoint?: string;
  readonly allowedIps: string;
}

export interface WireguardConfig {
  readonly privateKey: string;
  readonly port: number;
  readonly peers: readonly WireguardPeer[];
}

/** Routers forget a connection of UDP that is silent for half a minute. */
const KEEPALIVE_SECONDS = 15;
/** Older, a session is no more. */
const FRESH_SECONDS = 180;

/** For `wg syncconf`. Holds the private key. */
export const formatConfig = ({ privateKey, port, peers }: WireguardConfig): string =>
  [
    `[Interface]\nPrivateKey = ${privateKey}\nListenPort = ${port}`,
    ...peers.map(({ publicKey, endpoint, allowedIps }) =>
      [
        `[Peer]\nPublicKey = ${publicKey}\nAllowedIPs = ${allowedIps}\nPersistentKeepalive = ${KEEPALIVE_SECONDS}`,
        ...(endpoint === undefined ? [] : [`Endpoint = ${endpoint}`]),
      ].join('\n'),
    ),
    '',
  ].join('\n\n');

/** Of the output of `wg show NAME latest-handshakes`: who was heard lately, `nowSeconds` in Unix time. */
export const heardLately = (output: string, nowSeconds: number): ReadonlySet<string> =>
  new Set(
    output.split('\n').flatMap((line) => {
      const [key = '', at = '0'] = line.split('\t');
      return Number(at) > nowSeconds - FRESH_SECONDS ? [key] : [];
    }),
  );

/**
 * Says where a peer is only where that is news: WireGuard answers where it last heard a peer, which behind a router that
 * translates addresses is not where the peer says it is. `told`: what was said before; `heard`: who was heard lately.
 */
export const newsOf = (
  peers: readonly WireguardPeer[],
  told: ReadonlyMap<string, string | undefined>,
  heard: ReadonlySet<string>,
): readonly WireguardPeer[] =>
  peers.map((peer) => {
    const { publicKey, endpoint, allowedIps } = peer;
    const isNews = told.has(publicKey) ? told.get(publicKey) !== endpoint : !heard.has(publicKey);
    return isNews ? peer : { publicKey, allowedIps };
  });

/** Whether the output of `wg show NAME allowed-ips` is of these peers. */
export function holdsPeers(output: string, peers: readonly WireguardPeer[]): boolean {
  const held = output.split('\n').filter((line) => line !== '');
  const wanted = peers.map(({ publicKey, allowedIps }) => `${publicKey}\t${allowedIps}`);
  return held.sort().join('\n') === wanted.sort().join('\n');
}
