import { existsSync } from 'node:fs';
import path from 'node:path';

/** What a lock file says of one installed package, as far as it matters here. */
export interface LockedPackage {
  readonly dev?: boolean;
  readonly devOptional?: boolean;
  readonly optional?: boolean;
}

/** Types, and what only compiles native modules or builds for other runtimes, is of no use where programs only run. */
const NOT_FOR_RUNNING = [/(^|\/)@types\//, /(^|\/)(node-gyp|prebuild-install|nan|buildcheck|cpu-features)$/];

/**
 * The folders (`node_modules/express`) of the packages that the programs need to run, sorted. Throws where one of them
 * is not installed.
 */
export function productionPackages(
  packages: Readonly<Record<string, LockedPackage>>,
  checkout: string,
): readonly string[] {
  return Object.entries(packages)
    .filter(([folder, { dev, devOptional }]) => folder !== '' && dev !== true && devOptional !== true)
    .filter(([folder]) => !NOT_FOR_RUNNING.some((each) => each.test(folder)))
    .filter(([folder, { optional }]) => {
      if (existsSync(path.join(checkout, folder))) return true;
      if (optional === true) return false;
      throw new Error(`${folder} is not installed: run npm install`);
    })
    .map(([folder]) => folder)
    .sort();
}
