import type { Endpoint, EndpointPort } from 'kubernetes-types/discovery/v1';
import type { EndpointSlice } from '../../../shared/api/objects';
import { isSameJson } from '../../../shared/same-json';

/** Endpoints of one slice at most. */
export const MAX_PER_SLICE = 100;

/** What stands in a slice. */
export interface SliceContent {
  readonly addressType: string;
  readonly ports: EndpointPort[];
  readonly endpoints: Endpoint[];
}

export interface SlicePlan {
  readonly creates: readonly SliceContent[];
  readonly updates: readonly { readonly slice: EndpointSlice; readonly content: SliceContent }[];
  readonly deletes: readonly EndpointSlice[];
}

interface Draft {
  readonly slice?: EndpointSlice;
  readonly endpoints: Endpoint[];
  isChanged: boolean;
}

/**
 * How the slices of a service come to hold what is wanted: what has the same ports stands together. Few slices change:
 * endpoints stay where they are; new ones go where something changes anyway, else all together into the fullest slice that
 * has room, else into new ones. Without any endpoint one empty slice remains. `isStale`: slices to be written in any case.
 */
export function planSlices(
  existing: readonly EndpointSlice[],
  wanted: readonly SliceContent[],
  isStale: (slice: EndpointSlice) => boolean = () => false,
): SlicePlan {
  const groups = grouped(wanted);
  if (groups.size === 0) return planEmpty(existing, isStale);
  const creates: SliceContent[] = [];
  const updates: { slice: EndpointSlice; content: SliceContent }[] = [];
  const deletes = existing.filter((slice) => !groups.has(groupKey(contentOf(slice))));
  for (const [key, group] of groups) {
    const slices = existing.filter((slice) => groupKey(contentOf(slice)) === key);
    for (const { slice, endpoints, isChanged } of draftsOf(slices, group.endpoints, isStale)) {
      const content = { ...group, endpoints };
      if (slice === undefined) creates.push(content);
      else if (endpoints.length === 0) deletes.push(slice);
      else if (isChanged) updates.push({ slice, content });
    }
  }
  return reusing({ creates, updates, deletes });
}

function grouped(contents: readonly SliceContent[]): ReadonlyMap<string, SliceContent> {
  const groups = new Map<string, SliceContent>();
  for (const content of contents.filter(({ endpoints }) => endpoints.length > 0)) {
    const key = groupKey(content);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { ...content, endpoints: [...content.endpoints] });
    else group.endpoints.push(...content.endpoints);
  }
  return groups;
}

function draftsOf(
  slices: readonly EndpointSlice[],
  wanted: readonly Endpoint[],
  isStale: (slice: EndpointSlice) => boolean,
): readonly Draft[] {
  const left = new Map(wanted.map((endpoint) => [identityOf(endpoint), endpoint]));
  const drafts = slices.map((slice): Draft => {
    const standing = slice.endpoints;
    const endpoints = standing.flatMap((endpoint) => {
      const now = left.get(identityOf(endpoint));
      left.delete(identityOf(endpoint));
      return now ?? [];
    });
    return { slice, endpoints, isChanged: isStale(slice) || !isSameJson(endpoints, standing) };
  });
  const fill = (draft: Draft): void => {
    for (const [id, endpoint] of left) {
      if (draft.endpoints.length >= MAX_PER_SLICE) return;
      draft.endpoints.push(endpoint);
      draft.isChanged = true;
      left.delete(id);
    }
  };
  drafts.filter(({ isChanged, endpoints }) => isChanged && endpoints.length > 0).forEach(fill);
  while (left.size > 0) {
    const [roomy] = drafts
      .filter(({ slice, endpoints }) => slice !== undefined && endpoints.length + left.size <= MAX_PER_SLICE)
      .sort((a, b) => b.endpoints.length - a.endpoints.length);
    if (roomy === undefined) drafts.push({ endpoints: [], isChanged: true });
    fill(roomy ?? (drafts.at(-1) as Draft));
  }
  return drafts;
}

function planEmpty(existing: readonly EndpointSlice[], isStale: (slice: EndpointSlice) => boolean): SlicePlan {
  const content = { addressType: 'IPv4', ports: [], endpoints: [] };
  const placeholder = existing.find((slice) => isSameJson(contentOf(slice), content) && !isStale(slice));
  return reusing({
    creates: placeholder === undefined ? [content] : [],
    updates: [],
    deletes: existing.filter((slice) => slice !== placeholder),
  });
}

/** A slice that would go takes the place of one that would come. */
function reusing({ creates, updates, deletes }: SlicePlan): SlicePlan {
  const going = [...deletes];
  const coming: SliceContent[] = [];
  const reused: { slice: EndpointSlice; content: SliceContent }[] = [];
  for (const content of creates) {
    const at = going.findIndex(({ addressType }) => addressType === content.addressType);
    const [slice] = at < 0 ? [] : going.splice(at, 1);
    if (slice === undefined) coming.push(content);
    else reused.push({ slice, content });
  }
  return { creates: coming, updates: [...updates, ...reused], deletes: going };
}

const contentOf = ({ addressType, ports, endpoints }: EndpointSlice): SliceContent => ({
  addressType,
  ports: ports ?? [],
  endpoints: endpoints ?? [],
});

const groupKey = ({ addressType, ports }: SliceContent): string =>
  JSON.stringify([
    addressType,
    ...ports.map(({ name, protocol, port, appProtocol }) => JSON.stringify([name, protocol, port, appProtocol])).sort(),
  ]);

const identityOf = ({ addresses, targetRef }: Endpoint): string => `${targetRef?.uid ?? ''} ${addresses.join(',')}`;
