import { X509Certificate, createPrivateKey } from 'node:crypto';
import type { Secret } from '../../shared/api/objects';
import type { IngressCertificate } from '../../shared/wire/ingress';

export type ReadCertificate =
  { readonly certificate: IngressCertificate; readonly problem?: never } | { readonly problem: string };

/** The certificate and key of a TLS Secret, where a proxy could use them; else why not, without a word of what is in it. */
export function certificateOf(key: string, secret: Secret | undefined): ReadCertificate {
  if (secret === undefined) return { problem: `Secret "${key}" does not exist` };
  const text = (name: string): string => Buffer.from(secret.data?.[name] ?? '', 'base64').toString();
  const [certificate, privateKey] = [text('tls.crt'), text('tls.key')];
  if (certificate === '' || privateKey === '') return { problem: `Secret "${key}" lacks tls.crt or tls.key` };
  try {
    const leaf = new X509Certificate(certificate);
    if (!leaf.checkPrivateKey(createPrivateKey(privateKey)))
      return { problem: `Secret "${key}": tls.key is not the key of tls.crt` };
    return { certificate: { secret: key, certificate: certificatesOnly(certificate), key: privateKey } };
  } catch {
    return { problem: `Secret "${key}": tls.crt or tls.key is not PEM that can be read` };
  }
}

/** Also those behind the first must be certificates: a proxy refuses a file with anything else in it. */
function certificatesOnly(pem: string): string {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  return blocks.map((block) => new X509Certificate(block).toString()).join('');
}
