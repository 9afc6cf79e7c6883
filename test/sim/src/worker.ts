// A child process that runs seeds and says, per seed, one line of JSON. It is bundled together with the product, so that
// bugs can be planted in it. argv: first seed, number of seeds, `first` to stop at the first violation or `all`.
import { runSeed } from './run.ts';

const [from = '1', count = '1', until = 'all'] = process.argv.slice(2);
for (let seed = Number(from); seed < Number(from) + Number(count); seed++) {
  const { violations, hash, darkMs, simulatedMs } = runSeed(seed);
  process.stdout.write(`${JSON.stringify({ seed, hash, darkMs, simulatedMs, violation: violations[0] ?? null })}\n`);
  if (until === 'first' && violations.length > 0) break;
}
