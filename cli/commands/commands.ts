import { apply } from './apply';
import type { Command } from './command';
import { completion } from './completion';
import { config } from './config';
import { cp } from './cp';
import { create } from './create/create';
import { remove } from './delete';
import { describe } from './describe';
import { autoscale } from './autoscale';
import { edit } from './edit';
import { attach, exec } from './exec';
import { expose } from './expose';
import { get } from './get';
import { logs } from './logs';
import { annotate, label } from './metadata';
import { cordon, drain, uncordon } from './nodes';
import { patch } from './patch';
import { portForward } from './port-forward';
import { apiResources, version } from './server-info';
import { replace } from './replace';
import { rollout } from './rollout/rollout';
import { runPod } from './run';
import { scale } from './scale';
import { set } from './set/set';
import { top } from './top';
import { wait } from './wait';
import { why } from './why';

/** Every command there is. */
export const commands: readonly Command[] = [
  create,
  apply,
  runPod,
  expose,
  get,
  describe,
  why,
  edit,
  patch,
  replace,
  set,
  rollout,
  scale,
  autoscale,
  remove,
  logs,
  exec,
  attach,
  portForward,
  cp,
  wait,
  top,
  cordon,
  uncordon,
  drain,
  label,
  annotate,
  config,
  completion,
  apiResources,
  version,
];
