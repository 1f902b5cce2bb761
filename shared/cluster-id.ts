import { X509Certificate } from 'node:crypto';

const DIGITS = 12;

/** A cluster's short name for labels: the first hex digits of the SHA-256 of its CA certificate (PEM). */
export const clusterIdOf = (caCertificatePem: string): string =>
  new X509Certificate(caCertificatePem).fingerprint256.replaceAll(':', '').toLowerCase().slice(0, DIGITS);
