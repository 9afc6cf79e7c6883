// The architecture, kept by a test. It reads import lines and a few forbidden words from the sources, nothing else.
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');
const packages = ['core', 'bgp', 'zk', 'agent', 'ctl'] as const;

interface Source {
  readonly file: string;
  readonly text: string;
  readonly imports: readonly string[];
}

function sources(folder: string): readonly Source[] {
  const files = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).filter(name =>
    /(?<!\.d)\.ts$/.test(name),
  );
  return files.map(name => {
    const text = readFileSync(join(root, folder, name), 'utf8');
    return { file: relative(root, join(root, folder, name)), text, imports: importsOf(text) };
  });
}

function importsOf(text: string): readonly string[] {
  const found = text.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*'([^']+)'/g);
  return [...found].map(match => match[1]!);
}

const isTest = ({ file }: Source): boolean => /\.test\.ts$|fixture\.ts$/.test(file);
const product = (name: string): readonly Source[] => sources(`packages/${name}/src`).filter(source => !isTest(source));
const ours = ({ imports }: Source): readonly string[] => imports.filter(name => name.startsWith('@vipkeeper/'));

/** `file: what` for everything found, so that a red test says where. */
function offences(list: readonly Source[], find: (source: Source) => readonly string[]): readonly string[] {
  return list.flatMap(source => find(source).map(what => `${source.file}: ${what}`));
}

function words(text: string, forbidden: RegExp): readonly string[] {
  const code = text.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
  return [...code.matchAll(forbidden)].map(match => match[0]);
}

const IMPURE =
  /\b(Date\.now|new Date\(\)|performance\b|Math\.random|setTimeout|setInterval|setImmediate|queueMicrotask|(?<![.\w])process\.|console\.|fetch\()/g;

describe('the walls', () => {
  it('leaves import nothing of ours', () => {
    expect(offences(['core', 'bgp', 'zk'].flatMap(product), ours)).toEqual([]);
  });

  it('roots import only what they may: the agent all leaves, vipctl never bgp', () => {
    const allowed = {
      agent: ['@vipkeeper/bgp', '@vipkeeper/core', '@vipkeeper/zk'],
      ctl: ['@vipkeeper/core', '@vipkeeper/zk'],
    };
    for (const [name, doors] of Object.entries(allowed)) {
      expect(offences(product(name), source => ours(source).filter(door => !doors.includes(door)))).toEqual([]);
    }
  });

  it('core knows no clock, no randomness, no timer, no node module and no process', () => {
    expect(offences(product('core'), ({ imports }) => imports.filter(name => name.startsWith('node:')))).toEqual([]);
    expect(offences(product('core'), ({ text }) => words(text, IMPURE))).toEqual([]);
  });

  it('the loop is as pure as the core', () => {
    const loop = product('agent').filter(({ file }) => file.endsWith('/loop.ts'));
    expect(loop.length).toBe(1);
    expect(
      offences(loop, ({ text, imports }) => [
        ...words(text, IMPURE),
        ...imports.filter(name => name.startsWith('node:')),
      ]),
    ).toEqual([]);
  });

  it('the BGP session is a pure step, and three files of the package touch the network', () => {
    const bgp = product('bgp');
    const session = bgp.filter(({ file }) =>
      /\/(session(?!-driver)[\w-]*|adj-rib-out|framer)\.ts$|\/wire\//.test(file),
    );
    expect(session.length).toBeGreaterThan(5);
    expect(
      offences(session, ({ text, imports }) => [
        ...words(text, IMPURE),
        ...imports.filter(name => name.startsWith('node:')),
      ]),
    ).toEqual([]);
    expect(bgp.flatMap(socketImports).sort()).toEqual([
      'packages/bgp/src/bfd/endpoint.ts: node:dgram',
      'packages/bgp/src/secured-socket.ts: node:net',
      'packages/bgp/src/tcp.ts: node:net',
    ]);
  });

  it('node-zookeeper-client is imported by one file', () => {
    const importing = packages
      .flatMap(product)
      .filter(({ text }) => /['"]node-zookeeper-client(\/|['"])/.test(text.replace(/\/\/.*$/gm, '')));
    expect(importing.map(({ file }) => file)).toEqual(['packages/zk/src/node-zookeeper-client.ts']);
  });

  it('packages are entered by their doors only, and relative imports stay inside', () => {
    const deep = (source: Source): readonly string[] =>
      source.imports.filter(name => /^@vipkeeper\/[^/]+\/(?!development$)/.test(name));
    const all = packages.flatMap(name => sources(`packages/${name}/src`));
    expect(offences(all, deep)).toEqual([]);
    expect(
      offences(all, ({ imports }) => imports.filter(name => name.startsWith('.') && !name.endsWith('.ts'))),
    ).toEqual([]);
  });

  it('files inside a package form no cycle of values', () => {
    for (const name of packages) expect(cycles(product(name))).toEqual([]);
  });

  it('no test is skipped, alone or to be done', () => {
    const everything = [...packages.map(name => `packages/${name}/src`), 'test', 'demo/src']
      .flatMap(sources)
      .filter(({ file }) => !file.includes('node_modules'));
    const tests = everything.filter(({ file }) => file.endsWith('.test.ts') && !file.includes('walls'));
    expect(
      offences(tests, ({ text }) => words(text, /\b(it|test|describe)\.(skip|only|todo|skipIf|runIf)\b/g)),
    ).toEqual([]);
  });
});

/** Modules that open sockets, by file; importing their types opens none. */
function socketImports({ file, text }: Source): readonly string[] {
  const statements = [...text.matchAll(/^import (?!type\b)([^;]*?)from '(node:(?:net|dgram|tls|http))'/gm)];
  return statements.filter(match => !onlyTypes(match[1]!)).map(match => `${file}: ${match[2]}`);
}

/** Cycles among value imports (type imports are erased), each as the files it runs through. */
function cycles(list: readonly Source[]): readonly string[] {
  const byFile = new Map(list.map(source => [source.file, source]));
  const edges = new Map(list.map(source => [source.file, valueImports(source).filter(file => byFile.has(file))]));
  const found: string[] = [];
  const done = new Set<string>();
  const walk = (file: string, path: readonly string[]): void => {
    if (path.includes(file)) {
      found.push([...path.slice(path.indexOf(file)), file].join(' -> '));
      return;
    }
    if (done.has(file)) return;
    for (const next of edges.get(file) ?? []) walk(next, [...path, file]);
    done.add(file);
  };
  for (const file of byFile.keys()) walk(file, []);
  return found;
}

function valueImports({ file, text }: Source): readonly string[] {
  const statements = [...text.matchAll(/^(import|export) (?!type\b)([\s\S]*?)from '(\.[^']+)'/gm)];
  const valued = statements.filter(match => !onlyTypes(match[2]!));
  return valued.map(match => relative(root, join(root, file, '..', match[3]!)));
}

function onlyTypes(clause: string): boolean {
  const names = /\{([\s\S]*)\}/
    .exec(clause)?.[1]
    ?.split(',')
    .map(name => name.trim())
    .filter(name => name !== '');
  return names !== undefined && names.length > 0 && names.every(name => name.startsWith('type '));
}
