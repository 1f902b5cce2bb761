import type { ApiObject, StoredObject } from '../../shared/api/objects';
import type { Kind } from '../kinds/kind';
import type { KindList } from '../kinds/kind-list';
import type { OutsideCall } from './outside-admission';

/**
 * The call as somebody sees it who may have named its kind by another version or group than the request does
 * (`matchPolicy: Equivalent`): in the first version that `matches` says yes to. undefined: none.
 */
export function seenAs(
  call: OutsideCall,
  kinds: KindList,
  matchPolicy: string | undefined,
  matches: (call: OutsideCall) => boolean,
): OutsideCall | undefined {
  if (matches(call)) return call;
  if (matchPolicy === 'Exact') return undefined;
  for (const kind of equivalentsOf(call.request.kind, kinds)) {
    const seen: OutsideCall = { ...call, request: { ...call.request, kind }, asked: call.asked ?? call.request.kind };
    if (matches(seen)) return converted(seen, call.request.kind, kind);
  }
  return undefined;
}

/** An object as another version of its kind has it. */
export function inVersion<T extends ApiObject>(object: T, from: Kind, to: Kind): T {
  const stored = object as unknown as StoredObject;
  const middle = from.conversion?.toStored(stored) ?? stored;
  return { ...(to.conversion?.fromStored(middle) ?? middle) } as unknown as T;
}

const converted = (call: OutsideCall, from: Kind, to: Kind): OutsideCall => ({
  ...call,
  ...(call.object === undefined ? {} : { object: inVersion(call.object, from, to) }),
  ...(call.old === undefined ? {} : { old: inVersion(call.old, from, to) }),
});

/** Those that the same objects are served as. Not those that are asked of others to be converted: that takes its time. */
function equivalentsOf(kind: Kind, kinds: KindList): readonly Kind[] {
  const storedIn = ({ group, conversion }: Kind): string => conversion?.storedGroup ?? group;
  return kinds.all.filter(
    (other) =>
      other !== kind &&
      other.plural === kind.plural &&
      storedIn(other) === storedIn(kind) &&
      other.conversion?.ask === undefined &&
      kind.conversion?.ask === undefined,
  );
}
