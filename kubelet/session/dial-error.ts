import { StatusError } from '../../shared/status-error';
import { errorCodeOf } from '../../shared/error-code';

const CLOCK_CODES = ['CERT_NOT_YET_VALID', 'CERT_HAS_EXPIRED'];
const TRUST_CODES = [
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'CERT_SIGNATURE_FAILURE',
];

/** Why a server could not be reached, in words that say what to do. */
export function asDialError(url: URL, error: unknown): StatusError {
  const code = errorCodeOf(error);
  const said = String(typeof error === 'object' && error !== null ? Reflect.get(error, 'message') : error);
  const fail = (why: string): StatusError => new StatusError('ServiceUnavailable', why, undefined, { cause: error });
  if (CLOCK_CODES.includes(code)) {
    return fail(
      `the certificate of the server at ${url.host} is not valid at this machine's time: compare the clocks of both ` +
        `machines (${said})`,
    );
  }
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return fail(`the server's certificate is for other names than ${url.hostname}: dial one of those (${said})`);
  }
  if (TRUST_CODES.includes(code)) {
    return fail(`the server at ${url.host} is not of the cluster this node joined (${said})`);
  }
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return fail(`the name ${url.hostname} could not be resolved: check the server's address (${said})`);
  }
  return fail(`no server answers at ${url.host}: check its address and that it runs (${said})`);
}
