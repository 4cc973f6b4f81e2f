// judge.mjs DIFFERENCES.json PASSING.txt [--update]
// Holds the scenarios that agree now against those that agreed before; the list only grows.
import fs from 'node:fs';

const [differences, list, option] = process.argv.slice(2);
const agrees = new Set(JSON.parse(fs.readFileSync(differences, 'utf8')).filter((s) => s.same).map((s) => s.id));
const before = fs.existsSync(list) ? fs.readFileSync(list, 'utf8').split('\n').filter((line) => line && !line.startsWith('#')) : [];

const lost = before.filter((id) => !agrees.has(id));
const gained = [...agrees].filter((id) => !before.includes(id)).sort();
if (gained.length && option === '--update') {
  fs.writeFileSync(list, [...new Set([...before, ...gained])].sort().join('\n') + '\n');
  console.log(`${list}: ${gained.length} added`);
} else if (gained.length) {
  console.log(`newly agreeing (run again with --update to keep them): ${gained.join(' ')}`);
}
if (lost.length) {
  console.error(`error: agreed before and differ now: ${lost.join(' ')}`);
  process.exit(1);
}
