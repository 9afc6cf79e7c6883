// Real ZooKeeper, started by the launcher that the tests have (containers of the image, else Debian's jars). That is
// TypeScript outside this package, so it is bundled first.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { bundle } from './bundle.ts';
import { temporaryFolder } from './places.ts';

/** What is used of the tests' ensemble. */
export interface Ensemble {
  readonly servers: readonly { readonly host: string; readonly port: number }[];
  close(): Promise<void>;
}

interface Launcher {
  startEnsemble(options: { readonly size: 1 | 3; readonly tickTimeMs: number }): Promise<Ensemble>;
}

/** Starts so many servers and waits until they serve. Rejects with a sentence where there is no ZooKeeper. */
export async function startEnsemble(size: 1 | 3): Promise<Ensemble> {
  const file = join(temporaryFolder(), 'ensemble.mjs');
  await bundle('test/zookeeper/ensemble.ts', file);
  const launcher = (await import(pathToFileURL(file).href)) as Launcher;
  return launcher.startEnsemble({ size, tickTimeMs: 2000 });
}
