import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { parseManifests, readManifests } from './manifests';

const POD = 'apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\n';

describe('the objects of a text', () => {
  it('are those of all its documents, with where each begins', () => {
    const found = parseManifests(`# nothing\n---\n${POD}---\n\n---\n${POD.replace('web', 'api')}`, 'a.yaml');
    expect(found.map(({ object, where }) => [object.metadata?.name, where])).toEqual([
      ['web', 'a.yaml:3'],
      ['api', 'a.yaml:10'],
    ]);
  });

  it('are the items of a List', () => {
    const text =
      'apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Pod, metadata: {name: a}}\n- apiVersion: v1\n  kind: Pod\n';
    expect(parseManifests(text, 'l.yaml').map(({ object, where }) => [object.kind, where])).toEqual([
      ['Pod', 'l.yaml:4'],
      ['Pod', 'l.yaml:5'],
    ]);
  });

  it('know anchors and the types of YAML 1.1, as kubectl does', () => {
    const [found] = parseManifests(`${POD}spec: &s { on: yes, mode: 0644 }\nother: *s\n`, 'a.yaml');
    expect(found?.object).toMatchObject({ spec: { true: true, mode: 420 }, other: { true: true, mode: 420 } });
  });

  it.each([
    ['a broken line', 'apiVersion: v1\nkind: [Pod\n', /^bad\.yaml:\d+:\d+: /],
    ['no apiVersion', 'kind: Pod\n', /^bad\.yaml:1: apiVersion is missing/],
    ['no kind', 'apiVersion: v1\n', /^bad\.yaml:1: kind is missing/],
    ['no object', '- 1\n- 2\n', /^bad\.yaml:1: a manifest must be an object/],
    ['a key twice', 'apiVersion: v1\nkind: Pod\nkind: Pod\n', /^bad\.yaml:3:1: /],
    [
      'aliases that unfold without end',
      `apiVersion: v1\nkind: Pod\na: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c,*c,*c,*c,*c]\n`,
      /^bad\.yaml:1: Excessive alias count/,
    ],
  ])('are refused for %s, with the place', (_what, text, message) => {
    expect(() => parseManifests(text, 'bad.yaml')).toThrow(message);
  });

  it.each([
    ['spec.containers[0].image', 'a.yaml:8'],
    ['spec.containers[0].imag', 'a.yaml:7'],
    ['spec.containers[1].name', 'a.yaml:9'],
    ['metadata.labels[a.b/c]', 'a.yaml:4'],
    ['spec.nodeName', 'a.yaml:5'],
    ['nothing', undefined],
  ])('tell where %s stands, or what is nearest', (field, place) => {
    const text = `apiVersion: v1\nkind: Pod\nmetadata:\n  labels: {a.b/c: x}\nspec:\n  containers:\n  - name: web\n    image: x\n  - name: side\n`;
    expect(parseManifests(text, 'a.yaml')[0]?.whereIs(field)).toBe(place);
  });
});

describe('sources', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'manifests-'));
    mkdirSync(path.join(folder, 'below'));
    writeFileSync(path.join(folder, 'b.yaml'), POD.replace('web', 'b'));
    writeFileSync(
      path.join(folder, 'a.json'),
      JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a' } }),
    );
    writeFileSync(path.join(folder, 'notes.txt'), 'no manifest');
    writeFileSync(path.join(folder, 'below', 'c.yml'), POD.replace('web', 'c'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const namesOf = async (sources: readonly string[], recursive = false, stdin = ''): Promise<unknown> => {
    const found = await readManifests(sources, { stdin: Readable.from([stdin]), cwd: folder, recursive });
    return found.map(({ object }) => object.metadata?.name);
  };

  it.each([
    [['.'], false, ['a', 'b']],
    [['.'], true, ['a', 'b', 'c']],
    [['b.yaml', 'below'], false, ['b', 'c']],
  ])('%j, recursive %s', async (sources, recursive, names) => {
    expect(await namesOf(sources, recursive)).toEqual(names);
  });

  it('read standard input for a dash', async () => {
    expect(await namesOf(['-'], false, POD)).toEqual(['web']);
  });

  it.each([
    ['gone.yaml', 'gone.yaml" does not exist'],
    ['-', 'no objects in -'],
  ])('that give nothing are said: %s', async (source, message) => {
    await expect(namesOf([source])).rejects.toThrow(message);
  });
});
