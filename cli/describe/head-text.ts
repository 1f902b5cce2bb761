import type { StoredObject } from '../api-object';
import { annotationLines, labelLines } from './maps';

type Meta = StoredObject['metadata'];

/** Name, namespace, labels and annotations, as most kinds begin. */
export const headText = ({ name, namespace, labels, annotations }: Meta): string =>
  [
    `Name:\t${name}\n`,
    namespace === undefined ? '' : `Namespace:\t${namespace}\n`,
    labelLines('Labels', labels),
    annotationLines('Annotations', annotations),
  ].join('');

export function controlledBy({ ownerReferences = [] }: Meta): string {
  const owner = ownerReferences.find(({ controller }) => controller === true);
  return owner === undefined ? '' : `Controlled By:\t${owner.kind}/${owner.name}\n`;
}

/** A table whose heading is underlined, each row indented. */
export function underlined(head: readonly string[], rows: readonly (readonly string[])[], indent = '  '): string {
  const lines = [head, head.map((word) => '-'.repeat(word.length)), ...rows];
  return lines.map((cells) => `${indent}${cells.join('\t')}\n`).join('');
}
