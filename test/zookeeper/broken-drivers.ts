// The product's driver with one thing wrong with it, for the cases in which the bare client happens to behave.
import { connect, type ZkOptions, type ZkSession } from '../../packages/zk/src/index.ts';
import { ZkError } from '../../packages/zk/src/session.ts';

/** Believes that what it read stays true while it is not connected: events missed meanwhile are missed for ever. */
export function connectForgetful(options: ZkOptions): ZkSession {
  const read = new Set<string>();
  const real = connect(options);
  return altered(real, {
    isFresh: path => read.has(path) || real.isFresh(path),
    onDirty: listener => real.onDirty(path => real.state.kind === 'connected' && listener(path)),
    get: async (path, readOptions) => {
      const found = await real.get(path, readOptions);
      read.add(path);
      return found;
    },
  });
}

/** Takes what is somebody else's: a node that exists is deleted and made anew. */
export function connectStealing(options: ZkOptions): ZkSession {
  const real = connect(options);
  return altered(real, {
    create: async (path, data, createOptions) => {
      try {
        return await real.create(path, data, createOptions);
      } catch (error) {
        if (!(error instanceof ZkError && error.code === 'node-exists')) throw error;
        await real.delete(path, -1);
        return real.create(path, data, createOptions);
      }
    },
  });
}

function altered(real: ZkSession, changes: Partial<ZkSession>): ZkSession {
  return new Proxy(real, {
    get(target, name) {
      if (Object.hasOwn(changes, name)) return changes[name as keyof ZkSession];
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
