// An operator as people write them with a public operator library: each Website gets a ConfigMap that it owns, its
// status, and a finalizer that leaves a note when it goes. `node website-operator.cjs DEFINITION` runs until killed.
const { default: Operator, ResourceEventType } = require('@dot-i/k8s-operator');

const FINALIZER = 'websites.demo.example.com/note';

class WebsiteOperator extends Operator {
  async init() {
    const [, , file] = process.argv;
    const { group, versions, plural } = await this.registerCustomResourceDefinition(file);
    await this.watchResource(group, versions[0].name, plural, (event) => this.handle(event));
    console.log('watching');
  }

  async handle(event) {
    if (event.type === ResourceEventType.Deleted) return;
    if (await this.handleResourceFinalizer(event, FINALIZER, (going) => this.leaveNote(going))) return;
    const { object, meta } = event;
    if (object.status?.observedGeneration === object.metadata.generation) return;
    await this.reconcileChild(object);
    await this.patchResourceStatus(meta, { observedGeneration: object.metadata.generation, phase: 'Ready' });
    console.log(`reconciled ${meta.name} at generation ${object.metadata.generation}`);
  }

  async reconcileChild({ apiVersion, kind, metadata, spec }) {
    const owner = {
      apiVersion,
      kind,
      name: metadata.name,
      uid: metadata.uid,
      controller: true,
      blockOwnerDeletion: true,
    };
    const child = {
      metadata: { name: `site-${metadata.name}`, ownerReferences: [owner] },
      data: { text: spec.text, title: spec.title },
    };
    try {
      await this.k8sApi.createNamespacedConfigMap(metadata.namespace, child);
    } catch (error) {
      if (error.statusCode !== 409) throw error;
      await this.k8sApi.replaceNamespacedConfigMap(child.metadata.name, metadata.namespace, child);
    }
  }

  async leaveNote({ object: { metadata } }) {
    const note = { metadata: { name: `note-${metadata.name}` }, data: { gone: metadata.deletionTimestamp } };
    await this.k8sApi.createNamespacedConfigMap(metadata.namespace, note);
  }
}

void new WebsiteOperator().start();
