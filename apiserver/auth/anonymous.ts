import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import type { Authenticator } from './authenticator';
import { bearerTokenOf } from './authenticator';
import type { User } from './user';

export const UNAUTHENTICATED = 'system:unauthenticated';

/** Who shows no credentials: may do what roles let everybody do, which is to ask how the server is. */
export const ANONYMOUS: User = { name: 'system:anonymous', groups: [UNAUTHENTICATED] };

/** The last to be asked. Bad credentials are not as good as none. */
export const byAbsence: Authenticator = {
  authenticate: (request) =>
    bearerTokenOf(request) === undefined && !showsCertificate(request) ? ANONYMOUS : undefined,
};

function showsCertificate({ socket }: IncomingMessage): boolean {
  const { getPeerCertificate } = socket as Partial<TLSSocket>;
  return getPeerCertificate !== undefined && Object.keys(getPeerCertificate.call(socket) ?? {}).length > 0;
}
