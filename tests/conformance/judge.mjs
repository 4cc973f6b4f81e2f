// judge.mjs PASSING.txt TRANSCRIPT.json DIFFERENCES.json… [--update]
// Says by area how many scenarios agree with one of the comparisons, and holds them against those that agreed before: that
// list only grows.
import fs from 'node:fs';

const [list, transcript, ...rest] = process.argv.slice(2);
const update = rest.includes('--update');
const comparisons = rest.filter((file) => file !== '--update').map((file) => JSON.parse(fs.readFileSync(file, 'utf8')));
const played = JSON.parse(fs.readFileSync(transcript, 'utf8')).scenarios;
const agrees = new Set(comparisons.flat().filter((scenario) => scenario.same).map((scenario) => scenario.id));
const before = fs.existsSync(list) ? fs.readFileSync(list, 'utf8').split('\n').filter(Boolean) : [];

const areas = {};
for (const { id, diffs } of comparisons[0]) {
  const area = (areas[played[id]?.area ?? 'not played'] ??= { agree: 0, differ: 0 });
  area[agrees.has(id) ? 'agree' : 'differ'] += 1;
  if (agrees.has(id)) { continue; }
  console.log(`differs: ${id}`);
  for (const { at, golden, got } of (diffs ?? []).slice(0, 6)) {
    console.log(`  ${at}: expected ${JSON.stringify(golden)}, got ${JSON.stringify(got)}`.slice(0, 300));
  }
}
for (const [area, { agree, differ }] of Object.entries(areas).sort()) {
  console.log(`  ${area.padEnd(12)} ${String(agree).padStart(3)} agree ${String(differ).padStart(3)} differ`);
}
console.log(`${agrees.size} of ${comparisons[0].length} scenarios agree`);

const lost = before.filter((id) => !agrees.has(id));
const gained = [...agrees].filter((id) => !before.includes(id)).sort();
if (gained.length && update) {
  fs.writeFileSync(list, [...new Set([...before, ...gained])].sort().join('\n') + '\n');
  console.log(`${list}: ${gained.length} added`);
} else if (gained.length) {
  console.log(`newly agreeing (run again with --update to keep them): ${gained.join(' ')}`);
}
if (lost.length) {
  console.error(`error: agreed before and differ now: ${lost.join(' ')}`);
  process.exit(1);
}
