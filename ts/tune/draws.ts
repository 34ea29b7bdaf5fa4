// Settings drawn so that none comes twice.
import {
  drawSetting,
  finiteSize,
  gridSettings,
  type Setting,
  type Space,
  settingKey,
} from './space.ts';

// So many draws in a row that were all known say that little else is left.
const MOST_MISSES = 1000;
// So many settings can be listed, to find those that are left.
const MOST_LISTED = 100_000;

// Up to `count` settings that are not among the keys of those tried: fewer where no more are left.
export function drawDistinct(
  space: Space,
  count: number,
  random: () => number,
  tried: ReadonlySet<string> = new Set(),
): Setting[] {
  const known = new Set(tried);
  const drawn: Setting[] = [];
  for (let misses = 0; drawn.length < count && misses < MOST_MISSES; misses += 1) {
    const setting = drawSetting(space, random);
    const key = settingKey(space, setting);
    if (known.has(key)) continue;
    known.add(key);
    drawn.push(setting);
    misses = 0;
  }
  if (drawn.length === count || finiteSize(space) > MOST_LISTED) return drawn;
  const left = gridSettings(space).filter((setting) => !known.has(settingKey(space, setting)));
  while (drawn.length < count && left.length > 0) {
    drawn.push(...left.splice(Math.floor(random() * left.length), 1));
  }
  return drawn;
}
