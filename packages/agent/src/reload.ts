// What a running agent can take over from a changed file, and what it cannot. A reload is taken whole or not at all; each
// change that would need a restart is named, and then nothing of the new file is used.
import type { Config } from '@vipkeeper/core';

const NEEDS_RESTART: readonly (readonly [string, (config: Config) => unknown])[] = [
  ['agent', config => config.agent],
  ['zookeeper', config => config.zookeeper],
  ['stateFile', config => config.stateFile],
  ['bgp.localAs', config => config.bgp.localAs],
  ['bgp.routerId', config => config.bgp.routerId],
  ['bgp.listen', config => config.bgp.listen],
  ['addresses', config => config.addresses],
  ['admin.listen', config => config.admin.listen],
];

/** Changes that a running agent cannot make, one sentence each; empty when it can make them all. */
export function restartReasons(running: Config, wanted: Config): readonly string[] {
  return NEEDS_RESTART.filter(([, part]) => JSON.stringify(part(running)) !== JSON.stringify(part(wanted))).map(
    ([key]) => `${key} has changed, which needs a restart`,
  );
}
