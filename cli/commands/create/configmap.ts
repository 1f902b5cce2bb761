import { createHash } from 'node:crypto';
import { KNOWN } from '../../client/known-types';
import { escapeHtml } from '../../output/format';
import { isSet } from '../command';
import { dataFlags, givenData, hashOf } from './data-sources';
import type { Fields } from './generator';
import { generating } from './generator';

export const configMap = generating({
  name: 'configmap',
  aliases: ['cm'],
  describe: 'texts and files that pods read',
  type: KNOWN.configMap,
  failure: 'configmap',
  build: dataFlags,
  make: (flags, name, context) => {
    const given = [...givenData(flags, { kind: 'ConfigMap', name }, context)];
    const texts = given
      .filter(([, value]) => isText(value))
      .map(([key, value]) => [key, value.toString('utf8')] as const);
    const others = given
      .filter(([, value]) => !isText(value))
      .map(([key, value]) => [key, value.toString('base64')] as const);
    const data = texts.length === 0 ? undefined : Object.fromEntries(texts);
    const binaryData = others.length === 0 ? undefined : Object.fromEntries(others);
    const hashed = { data: inOrder(data), kind: 'ConfigMap', name };
    return {
      ...(data === undefined ? {} : { data }),
      ...(binaryData === undefined ? {} : { binaryData }),
      ...(isSet(flags, 'append-hash')
        ? named(name, binaryData === undefined ? hashed : { binaryData: inOrder(binaryData), ...hashed })
        : {}),
    };
  },
});

/** Bytes that are UTF-8 can be shown; others are kept as binaryData. */
const isText = (value: Buffer): boolean => Buffer.from(value.toString('utf8')).equals(value);

/** Go hashes a map with its keys in order, and none as null. */
export const inOrder = (data: Readonly<Record<string, string>> | undefined): unknown =>
  data === undefined ? null : Object.fromEntries(Object.entries(data).sort(([a], [b]) => (a < b ? -1 : 1)));

export const named = (name: string, content: object): Fields => ({
  metadata: {
    name: `${name}-${hashOf(
      createHash('sha256')
        .update(escapeHtml(JSON.stringify(content)))
        .digest('hex'),
    )}`,
  },
});
