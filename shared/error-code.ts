/** Node's code of a system or TLS error (`ENOENT`, `CERT_HAS_EXPIRED`), its own or its cause's; '' where there is none. */
export function errorCodeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return '';
  const code: unknown = Reflect.get(error, 'code');
  return typeof code === 'string' ? code : errorCodeOf(Reflect.get(error, 'cause'));
}
