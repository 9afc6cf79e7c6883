// A speaker with BFD in a process of its own, so that a test can stop, hang or kill it. Its options come as a JSON argument.
// Each change is a line of JSON; SIGUSR1 hangs the main loop for the milliseconds of the second argument; SIGTERM closes.
import { type Advertisement, createSpeaker, type SpeakerOptions } from '@vipkeeper/bgp';

const options = JSON.parse(process.argv[2]!) as SpeakerOptions;
const hangMs = Number(process.argv[3]);
const advertisements: readonly Advertisement[] = [
  { prefix: '198.51.100.1/32', attributes: {} },
  { prefix: '2001:db8:51::1/128', attributes: {} },
];
const speaker = createSpeaker(options);
let before = '';
speaker.onChange(() => {
  const rows = speaker.status().map(({ key, state, bfd, lastError }) => ({ key, state, bfd, lastError }));
  const line = JSON.stringify(rows);
  if (line !== before) process.stdout.write(`${line}\n`);
  before = line;
});
process.on('SIGUSR1', () => {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, hangMs);
});
process.on('SIGTERM', () => {
  void speaker.close({ subcode: 'administrative-shutdown', limitMs: 1000 });
});
await speaker.start();
speaker.set(advertisements);
