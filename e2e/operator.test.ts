import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { Cluster } from './harness/cluster';
import type { Running } from './harness/programs';
import { CHECKOUT, start } from './harness/programs';

jest.setTimeout(120_000);

const DEFINITION = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: websites.demo.example.com }
spec:
  group: demo.example.com
  scope: Namespaced
  names: { plural: websites, singular: website, kind: Website, shortNames: [site] }
  versions:
  - name: v1
    served: true
    storage: true
    subresources: { status: {} }
    additionalPrinterColumns:
    - { name: Phase, type: string, jsonPath: .status.phase }
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec:
            type: object
            required: [text]
            properties: { text: { type: string }, title: { type: string, default: Home } }
          status:
            type: object
            properties: { phase: { type: string }, observedGeneration: { type: integer } }
`;
const website = (text: string): string =>
  JSON.stringify({
    apiVersion: 'demo.example.com/v1',
    kind: 'Website',
    metadata: { name: 'mine' },
    spec: { text },
  });

/** An operator written with a public library, which knows nothing of us. Steps build on each other. */
describe('an operator', () => {
  let cluster: Cluster;
  let operator: Running;
  beforeAll(async () => {
    cluster = await Cluster.start({ workers: 0 });
    writeFileSync(definition(), DEFINITION);
    operator = startOperator();
    await operator.until(/watching/);
  });
  afterAll(async () => {
    operator.kill('SIGKILL');
    await operator.exit;
    await cluster.stop();
  });
  const definition = (): string => path.join(cluster.folder, 'websites.yaml');
  const startOperator = (): Running =>
    start(process.execPath, [path.join(CHECKOUT, 'e2e', 'clients', 'website-operator.cjs'), definition()], cluster.env);
  const get = (type: string, name: string, jsonpath: string): Promise<string> =>
    cluster.ok(['get', type, name, '-o', `jsonpath=${jsonpath}`]);

  it('sees a custom object, makes its child and writes its status', async () => {
    await cluster.ok(['apply', '-f', '-'], website('hello'));
    await operator.until(/reconciled mine at generation 1/);
    expect(await get('configmap', 'site-mine', '{.data}')).toBe('{"text":"hello","title":"Home"}');
    expect(await get('configmap', 'site-mine', '{.metadata.ownerReferences[0].kind}')).toBe('Website');
    expect(await cluster.ok(['get', 'site'])).toMatch(/NAME +PHASE\nmine +Ready/);
    expect(await get('website', 'mine', '{.metadata.finalizers}')).toBe('["websites.demo.example.com/note"]');
  });

  it('follows a change of the spec, of which the status counts as none', async () => {
    await cluster.ok(['apply', '-f', '-'], website('changed'));
    await operator.until(/reconciled mine at generation 2/);
    expect(await get('configmap', 'site-mine', '{.data.text}')).toBe('changed');
    expect(await get('website', 'mine', '{.metadata.generation} {.status.observedGeneration}')).toBe('2 2');
  });

  it('runs its finalizer before the object goes, and the child goes after it', async () => {
    await cluster.ok(['delete', 'website', 'mine', '--timeout=20s']);
    expect(await get('configmap', 'note-mine', '{.data.gone}')).toMatch(/^\d{4}-\d\d-\d\dT/);
    await cluster.until(['get', 'configmap', 'site-mine'], ({ stderr }) => stderr.includes('NotFound'));
  });

  it('makes up for what it missed while it was away', async () => {
    operator.kill('SIGKILL');
    await operator.exit;
    await cluster.ok(['apply', '-f', '-'], website('again'));
    operator = startOperator();
    await operator.until(/reconciled mine at generation 1/);
    expect(await get('configmap', 'site-mine', '{.data.text}')).toBe('again');
  });
});
