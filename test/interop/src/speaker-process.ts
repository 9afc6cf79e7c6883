// A speaker in a process of its own, so that a test can kill it. Options and advertisements come as JSON arguments; a line
// `out` is printed each time more prefixes are out, with how many are.
import { type Advertisement, createSpeaker, type SpeakerOptions } from '@vipkeeper/bgp';

const options = JSON.parse(process.argv[2]!) as SpeakerOptions;
const advertisements = JSON.parse(process.argv[3]!) as readonly Advertisement[];
const speaker = createSpeaker(options);
let before = 0;
speaker.onChange(() => {
  const out = advertisements.filter(({ prefix }) => speaker.outOn(prefix).length > 0).length;
  if (out > before) console.log(`out ${out}`);
  before = out;
});
await speaker.start();
speaker.set(advertisements);
