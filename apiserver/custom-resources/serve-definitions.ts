import type { CustomResourceDefinition } from '../../shared/api/objects';
import { isSameJson } from '../../shared/same-json';
import type { KindList } from '../kinds/kind-list';
import type { Client } from '../registry/client';
import type { MetaTypes } from './custom-kind';
import { customKinds } from './custom-kind';

const isEstablished = ({ status }: CustomResourceDefinition): boolean =>
  (status?.conditions ?? []).some(({ type, status: is }) => type === 'Established' && is === 'True');

/** Serves what the established definitions define, from now on and as they change. */
export function serveDefinitions(client: Client, kinds: KindList, types: MetaTypes): void {
  const definitions = client.view('CustomResourceDefinition');
  const serve = (definition: CustomResourceDefinition): void => {
    if (isEstablished(definition)) kinds.setCustom(definition.metadata.name, customKinds(definition, types));
  };
  for (const definition of definitions.list()) serve(definition);
  definitions.onChange(({ type, object, previous }) => {
    if (type === 'DELETED') kinds.setCustom(object.metadata.name, []);
    else if (previous === undefined || !isSameJson([object.spec, object.status], [previous.spec, previous.status])) {
      serve(object);
    }
  });
}
