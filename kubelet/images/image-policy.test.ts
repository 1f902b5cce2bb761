import type { ImageFacts, ImagePolicy } from './image-policy';
import { fullName, judgeImages } from './image-policy';
import type { ImageInfo } from '../runtime/runtime';
import type { PulledImage } from './image-record';

const NOW_MS = 1_000_000;
const anImage = (name: string, traits: Partial<ImageInfo> = {}): ImageInfo => ({
  id: `sha256:${name}`,
  imageId: '',
  sizeBytes: 1,
  tags: [name],
  digests: [],
  labels: {},
  user: '',
  ...traits,
});
const aPull = (name: string, traits: Partial<PulledImage> = {}): PulledImage => ({
  id: `sha256:${name}`,
  names: [name],
  pulledAtMs: 0,
  lastUsedAtMs: 0,
  ...traits,
});
const policy: ImagePolicy = { minimumAgeMs: 120_000, keepPerRepository: 0, pins: [] };

const judge = (
  images: readonly ImageInfo[],
  pulled: readonly PulledImage[],
  facts: Partial<ImageFacts> = {},
  traits: Partial<ImagePolicy> = {},
): Record<string, string | undefined> =>
  Object.fromEntries(
    judgeImages(
      {
        images,
        pulled: (id) => pulled.find((each) => each.id === id),
        users: new Map(),
        podsByImage: new Map(),
        referred: new Set(),
        pins: new Set(),
        nowMs: NOW_MS,
        ...facts,
      },
      { ...policy, ...traits },
    ).map(({ names: [name = ''], kept }) => [name, kept]),
  );

describe('an image goes', () => {
  it('that the agent pulled, and that nobody uses or names', () => {
    expect(judge([anImage('app:v1')], [aPull('app:v1')])).toEqual({ 'app:v1': undefined });
  });

  it('the least recently used first', () => {
    const images = ['a:1', 'b:1', 'c:1'].map((name) => anImage(name));
    const pulled = [
      aPull('a:1', { lastUsedAtMs: 3 }),
      aPull('b:1', { lastUsedAtMs: 1 }),
      aPull('c:1', { lastUsedAtMs: 2 }),
    ];
    expect(Object.keys(judge(images, pulled))).toEqual(['b:1', 'c:1', 'a:1']);
  });
});

it.each<[string, Parameters<typeof judge>, string]>([
  ['nobody knows who brought it', [[anImage('app')], []], 'the agent did not pull it'],
  [
    'a container is made of it, whoever made that',
    [[anImage('app')], [aPull('app')], { users: new Map([['sha256:app', ['one', 'two', 'three']]]) }],
    'container one uses it, and 2 more',
  ],
  [
    'a pod of the node names it, however short',
    [
      [anImage('docker.io/library/app:latest')],
      [aPull('docker.io/library/app:latest')],
      { podsByImage: new Map([['app', 'default/web']]) },
    ],
    'pod default/web uses it',
  ],
  [
    'a workload of the cluster refers to it',
    [[anImage('app:v1')], [aPull('app:v1')], { referred: new Set(['app:v1']) }],
    'a workload refers to it',
  ],
  [
    'it was pulled just now',
    [[anImage('app')], [aPull('app', { pulledAtMs: NOW_MS - 1_000 })]],
    'it is younger than 120 s',
  ],
  [
    'somebody gave it another name',
    [[anImage('app:v1', { tags: ['app:v1', 'mine:v1'] })], [aPull('app:v1')]],
    'somebody else named it mine:v1',
  ],
  ['it is pinned by name', [[anImage('app:v1')], [aPull('app:v1')], { pins: new Set(['app:v1']) }], 'it is pinned'],
  [
    'it is pinned by a pattern of the node',
    [[anImage('r.example/a:v1')], [aPull('r.example/a:v1')], {}, { pins: ['r.example/*'] }],
    'it is pinned',
  ],
  [
    'its own label pins it',
    [[anImage('app', { labels: { 'io.pinsetter.image.pin': 'true' } })], [aPull('app')]],
    'it is pinned',
  ],
])('an image stays where %s', (_why, [images, pulled, facts, traits], kept) => {
  expect(Object.values(judge(images, pulled, facts, traits))).toEqual([kept]);
});

it('keeps the last used ones of each repository where it is told to', () => {
  const names = ['r:5000/app:v1', 'r:5000/app:v2', 'r:5000/app:v3', 'other:v1'];
  const pulled = names.map((name, at) => aPull(name, { lastUsedAtMs: at }));
  expect(
    judge(
      names.map((name) => anImage(name)),
      pulled,
      {},
      { keepPerRepository: 1 },
    ),
  ).toEqual({
    'r:5000/app:v1': undefined,
    'r:5000/app:v2': undefined,
    'r:5000/app:v3': 'one of the last 1 of its repository',
    'other:v1': 'one of the last 1 of its repository',
  });
});

it.each([
  ['busybox', 'docker.io/library/busybox:latest'],
  ['127.0.0.1:5000/team/app:v1', '127.0.0.1:5000/team/app:v1'],
  ['sha256:' + 'a'.repeat(64), 'docker.io/library/sha256:' + 'a'.repeat(64)],
  ['No Name', 'No Name'],
])('knows %s as %s', (name, full) => {
  expect(fullName(name)).toBe(full);
});
