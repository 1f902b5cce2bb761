import { Cluster } from '../../../apiserver/scheduler/core/model/cluster';
import type { PodClass } from '../../../apiserver/scheduler/core/model/pod-class';
import { seededRandom } from '../../../shared/random';
import { mixedShapes } from './mixed-shapes';
import { shuffled } from './objects';

const LOAD = 0.92;
const TEMPLATES = 500;

export interface Size {
  readonly nodes: number;
  readonly pods: number;
}

interface TemplateWorld {
  readonly cluster: Cluster;
  /** The pods' classes, in bursts of one, and in no order. */
  readonly classes: readonly PodClass[];
  readonly shuffled: readonly PodClass[];
}

/** Nodes of five shapes, and pods of 500 templates that nearly fill them. */
export function filled({ nodes, pods }: Size): TemplateWorld {
  const world = mixedShapes({ seed: 1, nodes, pods, templates: TEMPLATES, load: LOAD });
  const cluster = new Cluster();
  for (const node of world.nodes) cluster.setNode(node);
  const classes = world.pods.map((pod) => cluster.classOf(pod));
  return { cluster, classes, shuffled: shuffled(classes, seededRandom(2).next) };
}
