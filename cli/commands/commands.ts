import { apply } from './apply';
import { certificate } from './certificate';
import { clusterInfo } from './cluster-info';
import type { Command } from './command';
import { completion } from './completion';
import { config } from './config/config';
import { cp } from './cp';
import { create } from './create/create';
import { debug } from './debug';
import { remove } from './delete';
import { describe } from './describe';
import { auth } from './auth/auth';
import { autoscale } from './autoscale';
import { doctor } from './doctor';
import { edit } from './edit';
import { events } from './events';
import { attach, exec } from './exec';
import { diff } from './diff';
import { explain } from './explain';
import { expose } from './expose';
import { get } from './get';
import { image } from './image/image';
import { kustomize } from './kustomize';
import { logs } from './logs';
import { annotate, label } from './metadata';
import { net } from './net/net';
import { node } from './node/node';
import { cordon, drain, uncordon } from './nodes';
import { patch } from './patch';
import { plan } from './plan';
import { plugin } from './plugin';
import { portForward } from './port-forward';
import { proxy } from './proxy';
import { apiResources, apiVersions, version } from './server-info';
import { rebalance } from './rebalance';
import { replace } from './replace';
import { rollout } from './rollout/rollout';
import { runPod } from './run';
import { scale } from './scale';
import { set } from './set/set';
import { taint } from './taint';
import { token } from './token/token';
import { top } from './top';
import { tree } from './tree';
import { wait } from './wait';
import { why } from './why';

/** Every command there is. */
export const commands: readonly Command[] = [
  create,
  apply,
  diff,
  runPod,
  expose,
  get,
  describe,
  tree,
  why,
  edit,
  patch,
  replace,
  set,
  rollout,
  scale,
  autoscale,
  remove,
  events,
  logs,
  debug,
  exec,
  attach,
  portForward,
  proxy,
  cp,
  wait,
  top,
  cordon,
  uncordon,
  drain,
  taint,
  plan,
  rebalance,
  image,
  node,
  net,
  token,
  label,
  annotate,
  kustomize,
  config,
  completion,
  plugin,
  explain,
  auth,
  apiResources,
  apiVersions,
  certificate,
  clusterInfo,
  doctor,
  version,
];
