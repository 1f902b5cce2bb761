import type { EventRecorder } from '../../events/event-recorder';
import { lookupOf } from '../../ingress/backend';
import type { StreamMaps } from '../../ingress/stream-ports';
import { streamFactsOf } from '../../ingress/stream-ports';
import type { Client, ObjectKey } from '../../registry/client';
import { keyString } from '../../registry/client';
import type { Controller, Result } from '../controller';
import { done, watching } from '../controller';
import { SpokenProblems } from './spoken-problems';

const PROTOCOLS = ['TCP', 'UDP'] as const;

/** Says by Events of the ConfigMaps that give plain ports to Services what is wrong with them. */
export class StreamPortsController implements Controller {
  readonly name = 'stream-ports';
  readonly watches = [
    watching('ConfigMap', ({ object: { metadata } }) =>
      this.keys().filter(({ namespace, name }) => namespace === metadata.namespace && name === metadata.name),
    ),
    watching('Service', () => this.keys()),
  ];
  private readonly spoken: SpokenProblems;

  constructor(
    private readonly deps: { readonly client: Client; readonly events: EventRecorder; readonly streamMaps: StreamMaps },
  ) {
    this.spoken = new SpokenProblems(deps.events, { component: 'ingress-controller' });
  }

  reconcile(key: ObjectKey): Promise<Result> {
    const { client, streamMaps } = this.deps;
    const map = client.view('ConfigMap').get(key);
    const protocol = PROTOCOLS.find((each) => streamMaps[each].some((one) => keyString(one) === keyString(key)));
    if (map === undefined || protocol === undefined) this.spoken.forget(key);
    else this.spoken.say(map, streamFactsOf(protocol, map, lookupOf(client)).problems);
    return Promise.resolve(done);
  }

  private keys(): readonly ObjectKey[] {
    const { client, streamMaps } = this.deps;
    const all = PROTOCOLS.flatMap((protocol) => streamMaps[protocol]);
    return all.filter((key) => client.view('ConfigMap').get(key) !== undefined);
  }
}
