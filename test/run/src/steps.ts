// The steps of `pnpm test`, from what needs only Node to what needs everything. Types are checked by the build that made
// this program; here it is only said.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './command.ts';
import { countReport, none } from './counts.ts';
import { provideEngine } from './engine.ts';
import type { Outcome, Step } from './plan.ts';

/** Where things are, and how to tell the reader something in between. */
export interface Workshop {
  readonly root: string;
  readonly artefacts: string;
  readonly say: (text: string) => void;
}

const minutes = 60_000;

/** All steps, in the order of preference: the longest that needs no engine starts early, beside those with containers. */
export function allSteps(workshop: Workshop): readonly Step[] {
  const project = (
    name: string,
    folders: readonly string[],
    rest: Partial<Step> & { limitMs?: number } = {},
  ): Step => ({
    name,
    needs: rest.needs ?? [],
    cores: rest.cores ?? 1,
    isTest: true,
    run: () => vitest(workshop, name, folders, rest.limitMs ?? 10 * minutes),
  });
  return [
    {
      name: 'engine',
      needs: [],
      cores: 1,
      isTest: false,
      run: () => provideEngine(workshop.root, workshop.artefacts, workshop.say),
    },
    { name: 'lint', needs: [], cores: 1, isTest: true, run: () => lint(workshop) },
    { name: 'images', needs: ['engine'], cores: 1, isTest: false, run: () => buildImages(workshop) },
    project('walls', ['test/walls']),
    project('sim', ['test/sim'], { limitMs: 15 * minutes }),
    project('unit', ['packages', 'demo', 'test/run']),
    project('interop', ['test/interop'], { needs: ['images'] }),
    project('wire', ['test/wire'], { needs: ['images'] }),
    project('zookeeper', ['test/zookeeper'], { needs: ['images'] }),
    project('e2e', ['test/e2e'], { needs: ['images'], cores: 2, limitMs: 15 * minutes }),
  ];
}

async function lint({ root, artefacts }: Workshop): Promise<Outcome> {
  const options = { cwd: root, logFile: join(artefacts, 'lint.log'), limitMs: 5 * minutes };
  const { exitCode } = await run(['node_modules/.bin/biome', 'ci', '--colors=off', '.'], options);
  return { kind: 'done', counts: exitCode === 0 ? { ...none, passed: 1 } : { ...none, failed: 1 } };
}

/** Prepares, so it counts only when it fails. */
async function buildImages({ root, artefacts }: Workshop): Promise<Outcome> {
  const options = { cwd: root, logFile: join(artefacts, 'images.log'), limitMs: 15 * minutes };
  const { exitCode } = await run(['docker/build-images'], options);
  return { kind: 'done', counts: exitCode === 0 ? none : { ...none, failed: 1 } };
}

/** One vitest project, one worker: what runs beside it wants the other core. */
async function vitest(workshop: Workshop, name: string, folders: readonly string[], limitMs: number): Promise<Outcome> {
  const { root, artefacts } = workshop;
  if (!folders.some(folder => hasTest(join(root, folder)))) {
    return { kind: 'left-out', why: `no test in ${folders.join(', ')}`, remedy: 'write the first one' };
  }
  const reportFile = join(artefacts, `${name}.json`);
  const command = [
    ...['node_modules/.bin/vitest', 'run', '--project', name, '--maxWorkers=1'],
    ...['--reporter=default', '--reporter=json', `--outputFile.json=${reportFile}`],
  ];
  const ending = await run(command, {
    cwd: root,
    logFile: join(artefacts, `${name}.log`),
    limitMs,
    // What the tests of bytes and of ZooKeeper take from images where the programs are not on this machine.
    environment: { NO_COLOR: '1', VIPKEEPER_DECODERS: 'docker', VIPKEEPER_ZOOKEEPER: 'docker' },
  });
  const report = existsSync(reportFile) ? readFileSync(reportFile, 'utf8') : undefined;
  const counts = countReport(report, ending.exitCode);
  return { kind: 'done', counts, ...(ending.timedOut ? { note: 'took too long and was ended' } : {}) };
}

function hasTest(folder: string): boolean {
  if (!existsSync(folder)) return false;
  return readdirSync(folder, { withFileTypes: true }).some(entry =>
    entry.isDirectory() && entry.name !== 'node_modules'
      ? hasTest(join(folder, entry.name))
      : entry.name.endsWith('.test.ts'),
  );
}
